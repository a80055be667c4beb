// SPDX-License-Identifier: Apache-2.0
// Normalises and grades one value of an attribute in place, by what
// person.proto says of its fields.
#ifndef WAYSTATION_SERVER_DOMAIN_READ_VALUE_H_
#define WAYSTATION_SERVER_DOMAIN_READ_VALUE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "proto/codes/citizen_number.h"
#include "proto/codes/date.h"
#include "proto/codes/grade.h"
#include "server/domain/attributes.h"
#include "waystation/v1/claim.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::domain {

// Where a field stands in the update; spelled out only when it is reported.
struct Path {
  const Path* parent = nullptr;
  std::string_view name;
  int index = -1;

  // "claims.identifiers[0].number".
  std::string ToString() const;
};

// What was found in one update: the first of many, since an answer must not
// outgrow its question.
struct Findings {
  static constexpr std::size_t kMostFindings = 64;

  std::vector<v1::Violation> violations;
  std::vector<v1::GradedField> grades;

  void Refuse(const Path& path, std::string_view reason, std::string_view rule);
  // Notes what is not OK.
  void Note(const Path& path, codes::Grade grade);
};

// A number or code of somebody's own making, in the one spelling in which it is
// held.
std::string ReadToken(std::string_view given);

class ValueReader {
 public:
  ValueReader(codes::Date today, codes::CitizenNumberProfile profile,
              Findings& findings)
      : today_(today), profile_(profile), findings_(findings) {}

  // Reads one value of `attribute`. The worst grade among the fields that are
  // compared; a text that is only a placeholder is dropped and does not count,
  // except where a clerk should see it (names and numbers of persons).
  codes::Grade ReadValue(const AttributeInfo& attribute, const Path& path,
                         google::protobuf::Message& value);

  // Checks a date outside Person, such as the one since when a claim is true.
  // False if it is refused.
  bool ReadDate(const Path& path, const v1::Date& date);

 private:
  codes::Grade ReadMessage(const std::vector<FieldInfo>& fields,
                           const Path& path, google::protobuf::Message& value);
  codes::Grade ReadField(const FieldInfo& info, const Path& path,
                         google::protobuf::Message& value);
  codes::Grade ReadRepeated(const FieldInfo& info, const Path& path,
                            google::protobuf::Message& value);
  codes::Grade ReadPart(const FieldInfo& info, const Path& path,
                        google::protobuf::Message& part);
  codes::Grade ReadString(const FieldInfo& info, const Path& path,
                          const google::protobuf::Message& around,
                          const std::string& given, std::string* text);
  codes::Grade ReadDateField(const Path& path, v1::Date& date);
  codes::Grade ReadCode(const Path& path, v1::Code& code);
  void CheckEnum(const FieldInfo& info, const Path& path,
                 const google::protobuf::Message& value);

  const codes::Date today_;
  const codes::CitizenNumberProfile profile_;
  Findings& findings_;
  // The date being read is a birth date, which is never in the future.
  bool is_birth_date_ = false;
};

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_READ_VALUE_H_
