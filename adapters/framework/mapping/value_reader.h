// SPDX-License-Identifier: Apache-2.0
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_VALUE_READER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_VALUE_READER_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "adapters/framework/mapping/mapping.h"
#include "proto/codes/citizen_number.h"
#include "proto/codes/date.h"
#include "proto/codes/grade.h"

namespace google::protobuf {
class Message;
}
namespace waystation::v1 {
class Date;
}

namespace waystation::adapters {

struct ReadingOptions {
  codes::Date today;
  codes::CitizenNumberProfile profile = codes::CitizenNumberProfile::kReal;
};

// What became of one value.
struct ValueRead {
  enum class Outcome : std::uint8_t {
    kHeld,    // it stands in the message
    kAbsent,  // there was none, or one that stands for nothing
    kLost,    // it could not be read
  };
  Outcome outcome = Outcome::kAbsent;
  codes::Grade grade = codes::Grade::kMissing;
  // What the message holds says the same, character by character.
  bool as_given = true;
  // The birth date that a citizen number or a date spells.
  std::optional<codes::PartialDate> date = std::nullopt;
};

// Reads `text` (UTF-8) by the plan and sets the plan's last field in
// `message`, which is the message that holds it; nothing is set unless HELD.
ValueRead ReadValue(const FieldPlan& plan, const ReadingOptions& options,
                    std::string_view text, google::protobuf::Message& message);

// Sets the plan's constant.
void SetConstant(const FieldPlan& plan, const ReadingOptions& options,
                 google::protobuf::Message& message);

// Sets the plan's date.
void SetDate(const FieldPlan& plan, const v1::Date& date,
             google::protobuf::Message& message);

// Reads a date into `date`.
ValueRead ReadDateValue(std::string_view text, const ReadingOptions& options,
                        v1::Date& date);

// Why a value of that grade is lost, as a reason of proto/errors.
std::string_view LossReason(codes::Grade grade);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_VALUE_READER_H_
