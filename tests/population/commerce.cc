// SPDX-License-Identifier: Apache-2.0
// Industry and commerce: the table of operators as dBase systems left it, GBK,
// with the unified code of today and the registration number of before. Columns
// are narrow, so names are cut. Ethnicity (MZ) and marital state (HYZK) stand
// in it so that a test can show that they are dropped.
#include "absl/strings/str_format.h"
#include "tests/population/dbf.h"
#include "tests/population/format.h"
#include "tests/population/spelling.h"

namespace waystation::population {
namespace {

constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kTitleBytes = 40;

// Per ten thousand records; of the first two, of those that have a number of
// before.
constexpr unsigned kOldForm = 1500;
constexpr unsigned kCodeMissing = 1500;
constexpr unsigned kWrongCheck = 100;
constexpr unsigned kFoundingMissing = 150;
constexpr unsigned kPaddedLeft = 200;
constexpr unsigned kPaddedNul = 200;
constexpr unsigned kDeleted = 150;

std::string WithWrongCheck(const std::string& code) {
  return code.substr(0, 17) + (code.back() == '0' ? '1' : '0');
}

// The code as this register holds it.
std::string CodeText(const Record& record, const Business& business) {
  if (record.Has("uscc_old_form")) return business.registration;
  if (record.Has("uscc_missing")) return "";
  return record.Has("uscc_wrong_check") ? WithWrongCheck(business.uscc)
                                        : business.uscc;
}

std::vector<std::string> RowOf(const Record& record, const Content& content,
                               const std::string& key) {
  const Person& person = *record.person;
  const Business& business = content.business;
  Random random = Stream(person.index, 3, Purpose::kLife, 7);
  return {
      key,
      record.name,
      record.number,
      person.sex == Sex::kMale ? "1" : "2",
      person.name.minority() ? "05" : "01",
      record.birth,
      random.Chance(6000) ? "20" : "10",
      content.phone,
      CodeText(record, business),
      business.registration,
      business.title,
      std::string(1, business.state),
      record.Has("founding_missing") ? "" : Compact(business.since),
      CompactTime(content.modified),
  };
}

// Another telephone, and a state that never was: who reads it will show.
std::vector<std::string> DeletedRowOf(const Record& record,
                                      const Content& content,
                                      const std::string& key) {
  Content older = content;
  older.phone = "14000000000";
  older.business.state = content.business.state == '1' ? '2' : '1';
  older.modified -= std::chrono::days(30);
  return RowOf(record, older, key);
}

std::size_t BytesOf(const std::string& text) {
  static const Encoder kGbk(Charset::kGbk);
  return kGbk.Encode(text).size();
}

void Spoil(Record& record, Random& random) {
  const Business& business = record.agency->place->origin
                                 ? record.person->former_business
                                 : record.person->business;
  const auto draw = [&](const char* defect, unsigned rate) {
    if (random.Chance(rate)) record.defects.emplace_back(defect);
  };
  if (!business.registration.empty()) {
    draw("uscc_old_form", kOldForm);
    if (!record.Has("uscc_old_form")) draw("uscc_missing", kCodeMissing);
  }
  if (!record.Has("uscc_old_form") && !record.Has("uscc_missing")) {
    draw("uscc_wrong_check", kWrongCheck);
  }
  draw("founding_missing", kFoundingMissing);
  draw("padded_left", kPaddedLeft);
  draw("padded_nul", kPaddedNul);
  draw("row_deleted", kDeleted);
  if (BytesOf(business.title) > kTitleBytes) {
    record.defects.emplace_back("title_cut");
  }
}

std::string Key(const Agency& agency, std::uint64_t serial) {
  return "JY" + agency.place->division + absl::StrFormat("%08d", serial);
}

}  // namespace

const Format& Commerce() {
  static const Dbf kLayout({.charset = Charset::kGbk,
                            .columns = {{"JYZJLH", 'C', 16},
                                        {"XM", 'C', kNameBytes},
                                        {"GMSFHM", 'C', 18},
                                        {"XB", 'C', 1},
                                        {"MZ", 'C', 2},
                                        {"CSRQ", 'C', 8},
                                        {"HYZK", 'C', 2},
                                        {"DH", 'C', 20},
                                        {"TYSHXYDM", 'C', 18},
                                        {"ZCH", 'C', 15},
                                        {"ZTMC", 'C', kTitleBytes},
                                        {"JYZT", 'C', 1},
                                        {"CLRQ", 'D', 8},
                                        {"GXSJ", 'C', 14}},
                            .fields = RowOf,
                            .deleted_fields = DeletedRowOf});
  static const Format kFormat = {
      .sector = "commerce",
      .file = "jyz.dbf",
      .layout = &kLayout,
      .charset = Charset::kGbk,
      .name_bytes = kNameBytes,
      .long_numbers = false,
      .date_styles = false,
      .compact_dates = true,
      .damages = {{Damage::kNoKey, "row_without_key", 8},
                  {Damage::kCutInCharacter, "row_cut_in_character", 8}},
      .spoil = Spoil,
      .key = Key,
  };
  return kFormat;
}

}  // namespace waystation::population
