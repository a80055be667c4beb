// SPDX-License-Identifier: Apache-2.0
// From one row of a source to what its record claims.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_ROW_READER_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_ROW_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "adapters/framework/mapping/mapping.h"
#include "adapters/framework/mapping/value_reader.h"
#include "adapters/framework/sources/source.h"

namespace waystation::v1 {
class Date;
class Person;
}  // namespace waystation::v1

namespace waystation::adapters {

// What a row says of one attribute. Serialised parts are fields of the
// messages that they go into, tag and all, so that they can be joined.
struct ReadClaim {
  enum class State : std::uint8_t {
    kHeld,
    kAbsent,
    // Nothing of it could be read: what was said before stands.
    kLost,
  };
  int attribute = 0;  // number of a field of v1::Person
  State state = State::kAbsent;
  std::string value;       // of v1::Person
  int evidence = 0;        // a v1::Evidence
  std::string valid_from;  // of v1::ClaimTimes; empty if not known
  std::string given;       // of v1::AttributeDetail
};

// A value that is left out, or held with a grade that is not OK.
struct ValueFinding {
  std::string_view column;
  // Reason of the loss; empty if the value is held or stands for nothing.
  std::string_view reason;
  codes::Grade grade = codes::Grade::kOk;
};

// Views live as long as the mapping, the rest until the next row is read.
struct ReadRow {
  // Why the row is not sent; then nothing else below is set but the key, if it
  // could be read.
  std::optional<Defect> defect;
  std::string record_key;
  std::optional<absl::Time> recorded_time;
  // One for each attribute of the mapping, in its order.
  std::vector<ReadClaim> claims;
  std::vector<ValueFinding> findings;
  // A v1::RecordRetraction::Reason when the row takes the record back.
  int retraction = 0;
  // A serialised v1::GuardianEvidence; empty if there is none.
  std::string guardian;
};

// Not thread-safe.
class RowReader {
 public:
  // Both are borrowed or copied for the reader's life; `charset` is the
  // source's working one.
  RowReader(const Mapping& mapping, Charset charset, ReadingOptions options);
  ~RowReader();

  // Precondition: `row` has no defect. Defects found here: ROW_CHARSET,
  // RECORD_KEY_INVALID, RECORD_KEY_PERSONAL, MINOR_WITHOUT_GUARDIAN.
  const ReadRow& Read(const Row& row);

  // The row's record key alone, or why it has none. The view lives until the
  // next call.
  struct Key {
    std::string_view text;
    std::optional<Defect> defect;
  };
  Key ReadKey(const Row& row);

 private:
  bool DecodeColumns(const Row& row);
  void ReadTimes();
  void ReadAttribute(const AttributePlan& plan, ReadClaim& claim);
  bool ReadEntry(const AttributePlan& plan, const EntryPlan& entry,
                 ReadClaim& claim);
  void NoteGiven(std::size_t column, bool as_given, ReadClaim& claim);
  // A field whose value several columns hold; whether one does.
  bool ReadJoined(const FieldPlan& field, google::protobuf::Message& holder,
                  ReadClaim& claim);
  ValueRead ReadField(const FieldPlan& field,
                      google::protobuf::Message& holder);
  void Note(std::size_t column, const ValueRead& value);
  void NoteDate(std::size_t column, const AttributePlan& plan, ValueRead value);
  void ReadGuardian();
  bool IsMinor() const;

  const Mapping& mapping_;
  const Charset charset_;
  const ReadingOptions options_;
  const absl::Time latest_;
  // A column that several fields read as a date is read once a row.
  struct DateColumn {
    bool known = false;
    ValueRead read;
    std::unique_ptr<v1::Date> date;
  };
  const DateColumn& ReadDateColumn(std::size_t column);

  // By column of the mapping.
  std::vector<std::string> texts_;
  std::vector<char> respelled_;
  std::vector<DateColumn> dates_;
  std::vector<std::string_view> bytes_;
  std::unique_ptr<v1::Person> person_;
  std::optional<codes::PartialDate> stated_birth_;
  std::optional<codes::PartialDate> number_birth_;
  ReadRow out_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_MAPPING_ROW_READER_H_
