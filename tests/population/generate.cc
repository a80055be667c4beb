// SPDX-License-Identifier: Apache-2.0
#include "tests/population/generate.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "tests/population/format.h"
#include "tests/population/person.h"
#include "tests/population/record.h"
#include "tests/population/spelling.h"
#include "tests/population/truth.h"

namespace waystation::population {
namespace {

namespace fs = std::filesystem;

// A file that is made when the first byte is written, and whose first failure
// is kept until it is asked for.
class Output {
 public:
  explicit Output(fs::path path) : path_(std::move(path)) {}

  void Write(const std::string& bytes) {
    if (!status_.ok()) return;
    if (file_ == nullptr) Open();
    if (file_ != nullptr && std::fwrite(bytes.data(), 1, bytes.size(),
                                        file_.get()) != bytes.size()) {
      Fail();
    }
  }

  bool written() const { return file_ != nullptr; }

  absl::Status Close() {
    if (file_ != nullptr && std::fclose(file_.release()) != 0) Fail();
    return status_;
  }

 private:
  void Open() {
    std::error_code error;
    fs::create_directories(path_.parent_path(), error);
    file_.reset(std::fopen(path_.c_str(), "wb"));
    if (file_ == nullptr) Fail();
  }

  void Fail() {
    status_ = absl::ErrnoToStatus(errno, "cannot write " + path_.string());
  }

  struct Closer {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path path_;
  std::unique_ptr<std::FILE, Closer> file_;
  absl::Status status_;
};

std::string BatchName(int batch) { return absl::StrFormat("%02d", batch); }

constexpr std::string_view kLineEnd = "\r\n";

// Rows of one agency in its own charset.
class Exporter {
 public:
  Exporter(const Agency& agency, const fs::path& out)
      : agency_(agency),
        format_(*FindFormat(agency.sector)),
        encoder_(format_.charset) {
    for (int batch = 0; batch < kBatches; ++batch) {
      const std::string folder =
          batch == 0 ? "" : "changes-" + BatchName(batch);
      files_.emplace_back(out / folder / agency.id / format_.file);
      repairs_.emplace_back(out / "repairs" / (batch == 0 ? "base" : folder) /
                            agency.id / format_.file);
    }
    for (Output& file : files_) file.Write(Line(format_.columns));
  }

  std::string NextKey() { return format_.key(agency_, ++serial_); }

  void Write(const Record& record, const std::string& key) {
    for (int batch = 0; batch < kBatches; ++batch) {
      const auto at = static_cast<std::size_t>(batch);
      if (!record.rows[at]) continue;
      const auto fields = format_.fields(record, *record.rows[at], key);
      if (record.accepted()) {
        files_[at].Write(Line(fields));
      } else {
        files_[at].Write(BrokenLine(fields, record));
        if (!repairs_[at].written()) repairs_[at].Write(Line(format_.columns));
        repairs_[at].Write(Line(fields));
      }
    }
  }

  absl::Status Close() {
    absl::Status status;
    for (Output& file : files_) status.Update(file.Close());
    for (Output& file : repairs_) status.Update(file.Close());
    return status;
  }

 private:
  std::string Line(const std::vector<std::string>& fields) const {
    std::string text;
    for (const std::string& field : fields) {
      if (!text.empty()) text += format_.delimiter;
      const bool quote =
          format_.quotes && field.find(format_.delimiter) != field.npos;
      text += quote ? '"' + field + '"' : field;
    }
    return encoder_.Encode(text) + std::string(kLineEnd);
  }

  std::string BrokenLine(std::vector<std::string> fields,
                         const Record& record) const {
    if (record.damage == Damage::kExtraColumn) {
      fields.emplace_back();
      return Line(fields);
    }
    // The row ends with the name, in whole or without its last byte.
    fields.erase(std::find(fields.begin(), fields.end(), record.name) + 1,
                 fields.end());
    std::string line = Line(fields);
    if (record.damage == Damage::kCutInCharacter) {
      line.erase(line.size() - kLineEnd.size() - 1, 1);
    }
    return line;
  }

  const Agency& agency_;
  const Format& format_;
  Encoder encoder_;
  std::vector<Output> files_, repairs_;
  std::uint64_t serial_ = 0;
};

std::string Joined(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text += (text.empty() ? "" : ";") + one;
  return text;
}

std::string InBatches(const Batches& batches) {
  std::vector<std::string> names;
  for (int batch = 0; batch < kBatches; ++batch) {
    if (batches[static_cast<std::size_t>(batch)]) {
      names.push_back(BatchName(batch));
    }
  }
  return Joined(names);
}

constexpr char kTruthHeader[] =
    "agency,record_key,person,since,accepted,strong,expected_person,"
    "birth_conflict,name_conflict,same_number_as,defects\n";

std::string TruthLine(const Record& record, const std::string& key,
                      const std::string& expected,
                      const Expectation& expectation) {
  const Person& person = *record.person;
  // Conflicts are the expected person's; a record that stands alone has none.
  const bool joined = record.strong && record.accepted();
  return record.agency->id + "," + key + "," + person.id + "," +
         BatchName(record.since) + "," + (record.accepted() ? "1" : "0") + "," +
         (record.strong ? "1" : "0") + "," + expected + "," +
         (joined ? InBatches(expectation.birth_conflict) : "") + "," +
         (joined ? InBatches(expectation.name_conflict) : "") + "," +
         (person.same_number_as ? PersonId(*person.same_number_as) : "") + "," +
         Joined(record.defects) + "\n";
}

constexpr char kPeopleHeader[] =
    "person,role,name,sex,birth_date,number,household_division,"
    "household_address,residence_division,residence_address,filed_address,"
    "phone,education,employer_uscc,employer\n";

std::string PeopleLine(const World& world, const Person& person) {
  const std::string role = !world.has_story                      ? ""
                           : person.index == kStoryWorker        ? "story"
                           : person.index == kBrokenRowNeighbour ? "broken_row"
                                                                 : "";
  return person.id + "," + role + "," + person.name.Text() + "," +
         (person.sex == Sex::kMale ? "1" : "2") + "," + Dashed(person.birth) +
         "," + person.number + "," + person.household.county->code + "," +
         person.household.address + "," + person.home.county->code + "," +
         person.home.address + "," + person.filed_address + "," + person.phone +
         "," + person.education + "," + person.job.employer.uscc + "," +
         person.job.employer.name + "\n";
}

void ShowProgress(std::uint64_t done, std::uint64_t people) {
  constexpr std::uint64_t kStep = 100'000;
  if (done % kStep != 0 || isatty(STDERR_FILENO) == 0) return;
  std::fprintf(stderr, "\r%llu of %llu people",
               static_cast<unsigned long long>(done),
               static_cast<unsigned long long>(people));
}

}  // namespace

absl::Status Generate(const World& world, const fs::path& out) {
  std::error_code error;
  if (fs::exists(out, error) && !fs::is_empty(out, error)) {
    return absl::AlreadyExistsError(out.string() + " is not empty");
  }
  std::vector<Exporter> exporters;
  exporters.reserve(world.agencies.size());
  for (const Agency& agency : world.agencies) {
    exporters.emplace_back(agency, out);
  }
  Output truth(out / "truth.csv");
  Output people(out / "truth_people.csv");
  Output counts(out / "truth_summary.csv");
  truth.Write(kTruthHeader);
  people.Write(kPeopleHeader);
  Summary summary;
  for (std::uint64_t index = 0; index < world.people; ++index) {
    const Person person = MakePerson(world, index);
    const std::vector<Record> records = MakeRecords(world, person);
    const Expectation expectation = Expect(records);
    people.Write(PeopleLine(world, person));
    for (std::size_t i = 0; i < records.size(); ++i) {
      const auto at =
          static_cast<std::size_t>(records[i].agency - world.agencies.data());
      const std::string key = exporters[at].NextKey();
      exporters[at].Write(records[i], key);
      truth.Write(
          TruthLine(records[i], key, expectation.persons[i], expectation));
    }
    summary.Add(person, records, expectation);
    ShowProgress(index + 1, world.people);
  }
  counts.Write(summary.ToCsv());
  absl::Status status;
  for (Exporter& exporter : exporters) status.Update(exporter.Close());
  status.Update(truth.Close());
  status.Update(people.Close());
  status.Update(counts.Close());
  return status;
}

}  // namespace waystation::population
