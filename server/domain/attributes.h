// SPDX-License-Identifier: Apache-2.0
// The attribute table: what person.proto declares beside each field of Person,
// read once from the descriptors. No other list of attributes exists.
//
// Everything here is immutable, lives as long as the program and is
// thread-safe.
#ifndef WAYSTATION_SERVER_DOMAIN_ATTRIBUTES_H_
#define WAYSTATION_SERVER_DOMAIN_ATTRIBUTES_H_

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "waystation/v1/options.pb.h"

namespace google::protobuf {
class FieldDescriptor;
class Message;
class Reflection;
}  // namespace google::protobuf

namespace waystation::domain {

namespace v1 = ::waystation::v1;

// Field number in Person; 1 to 63.
using AttributeNumber = int;

// A set of attributes: bit n stands for attribute n.
using AttributeSet = std::uint64_t;

constexpr AttributeSet BitOf(AttributeNumber number) {
  return AttributeSet{1} << number;
}

// Calls `visit(AttributeNumber)` for each member in ascending order.
template <typename Visit>
void ForEachAttribute(AttributeSet set, Visit visit) {
  for (; set != 0; set &= set - 1) visit(std::countr_zero(set));
}

// One field within an attribute, or within a message inside it.
struct FieldInfo {
  const google::protobuf::FieldDescriptor* field = nullptr;
  // Of the message that holds the field; asking a message for it costs more
  // than reading the field.
  const google::protobuf::Reflection* reflection = nullptr;
  v1::Meaning meaning = v1::MEANING_UNSPECIFIED;
  v1::PartialCut partial = v1::PARTIAL_CUT_UNSPECIFIED;
  v1::Format format = v1::FORMAT_UNSPECIFIED;
  // Names the entry of a set attribute, together with the others so marked.
  bool entry_key = false;
  // A v1.Date or v1.Code, which are compared as one value.
  bool is_date = false;
  bool is_code = false;
  // Of the message type of this field; empty for scalars, Date and Code.
  std::vector<FieldInfo> fields;
};

struct PredicateInfo {
  std::string name;
  std::string question;
  // Of a business by its number, not of the person.
  bool about_business = false;
};

struct AttributeInfo {
  AttributeNumber number = 0;
  std::string name;
  const google::protobuf::FieldDescriptor* field = nullptr;
  // Of Person, and of the attribute's message.
  const google::protobuf::Reflection* reflection = nullptr;
  const google::protobuf::Reflection* value_reflection = nullptr;
  v1::AttributeClass attribute_class = v1::ATTRIBUTE_CLASS_UNSPECIFIED;
  // Repeated in Person: the entry is the unit of claim, conflict and decision.
  bool is_set = false;
  // The default rule.
  std::vector<v1::Criterion> rule;
  // Sectors in falling order of authority.
  std::vector<std::string> owners;
  std::vector<PredicateInfo> predicates;
  int retention_days = 0;
  // Of the attribute's message, in order of their numbers.
  std::vector<FieldInfo> fields;

  AttributeSet bit() const { return BitOf(number); }
  // nullptr if the attribute declares no such predicate.
  const PredicateInfo* FindPredicate(std::string_view predicate) const;
};

// All attributes by rising number.
std::span<const AttributeInfo> Attributes();

// nullptr for a number or name that Person does not have.
const AttributeInfo* FindAttribute(AttributeNumber number);
const AttributeInfo* FindAttribute(std::string_view name);

// Precondition: `number` is an attribute.
const AttributeInfo& GetAttribute(AttributeNumber number);

// Attributes that every set of all has.
AttributeSet AllAttributes();

// Names of the members in ascending order of their numbers.
std::vector<std::string> AttributeNames(AttributeSet set);

// Field numbers of the attributes that the code itself speaks of: what links
// records and what opens the scope of own records. A test holds them against
// the descriptors.
inline constexpr AttributeNumber kIdentifiers = 1;
inline constexpr AttributeNumber kName = 2;
inline constexpr AttributeNumber kSex = 3;
inline constexpr AttributeNumber kBirthDate = 4;
// And of those that are compared beside them (score.h).
inline constexpr AttributeNumber kHouseholdRegistration = 5;
inline constexpr AttributeNumber kResidence = 6;
inline constexpr AttributeNumber kContact = 10;
// And of those that tell of businesses.
inline constexpr AttributeNumber kEmployment = 11;
inline constexpr AttributeNumber kSocialInsurance = 12;
inline constexpr AttributeNumber kBusiness = 14;
// And of those that a holder's code opens (verification.h).
inline constexpr AttributeNumber kResidencePermit = 7;
inline constexpr AttributeNumber kCertificates = 15;
inline constexpr AttributeNumber kServiceCard = 16;

}  // namespace waystation::domain

#endif  // WAYSTATION_SERVER_DOMAIN_ATTRIBUTES_H_
