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

  // Replaces the first bytes of what was written.
  void WriteAgain(const std::string& head) {
    if (status_.ok() && std::fseek(file_.get(), 0, SEEK_SET) != 0) Fail();
    Write(head);
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

// One file of one agency, in its own layout.
class ExportFile {
 public:
  ExportFile(const Agency& agency, int batch, fs::path path)
      : agency_(agency),
        layout_(*FormatOf(agency).layout),
        batch_(batch),
        output_(std::move(path)) {}

  // Makes the file, which may stay without rows.
  void Begin() { output_.Write(layout_.Head(agency_, batch_, 0)); }

  void Write(const Row& row) {
    if (!output_.written()) Begin();
    for (const std::string& line : layout_.Rows(row, rows_ == 0)) {
      output_.Write(line);
      ++rows_;
    }
  }

  absl::Status Close() {
    if (output_.written()) {
      output_.Write(layout_.Tail());
      output_.WriteAgain(layout_.Head(agency_, batch_, rows_));
    }
    return output_.Close();
  }

 private:
  const Agency& agency_;
  const Layout& layout_;
  int batch_;
  Output output_;
  std::uint64_t rows_ = 0;
};

// All that one agency exports, and its broken rows as they ought to be.
class Exporter {
 public:
  Exporter(const Agency& agency, const fs::path& out)
      : agency_(agency), format_(FormatOf(agency)) {
    for (int batch = 0; batch < kBatches; ++batch) {
      const std::string folder =
          batch == 0 ? "" : "changes-" + BatchName(batch);
      files_.emplace_back(agency, batch,
                          out / folder / agency.id / format_.file);
      repairs_.emplace_back(agency, batch,
                            out / "repairs" / (batch == 0 ? "base" : folder) /
                                agency.id / format_.file);
    }
    for (ExportFile& file : files_) file.Begin();
  }

  std::string NextKey() { return format_.key(agency_, ++serial_); }

  void Write(const Record& record, const std::string& key) {
    for (std::size_t batch = 0; batch < kBatches; ++batch) {
      if (!record.rows[batch]) continue;
      const Row row{record, *record.rows[batch], key, record.damage};
      files_[batch].Write(row);
      if (record.accepted()) continue;
      repairs_[batch].Write({record, row.content, key, Damage::kNone});
    }
  }

  absl::Status Close() {
    absl::Status status;
    for (ExportFile& file : files_) status.Update(file.Close());
    for (ExportFile& file : repairs_) status.Update(file.Close());
    return status;
  }

 private:
  const Agency& agency_;
  const Format& format_;
  std::vector<ExportFile> files_, repairs_;
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
    "birth_conflict,name_conflict,same_number_as,defects,kinds,kin\n";

std::string TruthLine(const Record& record, const std::string& key,
                      const ExpectedPerson& expected) {
  const Person& person = *record.person;
  return record.agency->id + "," + key + "," + person.id + "," +
         BatchName(record.since) + "," + (record.accepted() ? "1" : "0") + "," +
         (record.strong ? "1" : "0") + "," + expected.id + "," +
         (record.accepted() ? InBatches(expected.birth_conflict) : "") + "," +
         (record.accepted() ? InBatches(expected.name_conflict) : "") + "," +
         (person.same_number_as ? PersonId(*person.same_number_as) : "") + "," +
         Joined(record.defects) + "," + Joined(person.kinds) + "," +
         person.kin + "\n";
}

constexpr char kPeopleHeader[] =
    "person,role,name,sex,birth_date,number,household_division,"
    "household_address,residence_division,residence_address,filed_address,"
    "phone,education,employer_uscc,employer\n";

std::string PeopleLine(const World& world, const Person& person) {
  constexpr const char* kRoles[] = {"story", "broken_row", "employer"};
  const std::string role =
      IsTold(world, person.index) ? kRoles[person.index] : "";
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
  std::fprintf(stderr, "\r%llu / %llu", static_cast<unsigned long long>(done),
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
      truth.Write(TruthLine(records[i], key, expectation.PersonOf(i)));
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
