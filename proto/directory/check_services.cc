// SPDX-License-Identifier: Apache-2.0
#include "proto/directory/check_services.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/codes/division.h"
#include "proto/directory/service_class.h"
#include "waystation/config/v1/services.pb.h"

namespace waystation::directory {
namespace {

using config::v1::Residents;
using config::v1::ServiceCatalogue;
using config::v1::ServicePoints;
using v1::CatalogueEntry;
using v1::ServicePoint;
using Violations = std::vector<errors::FieldViolation>;

constexpr std::size_t kLongestVersion = 64;
constexpr std::size_t kLongestText = 200;
constexpr int kMostServices = 1'000;
constexpr int kMostPoints = 20'000;
constexpr int kMostCounties = 4'000;
constexpr std::uint64_t kMostResidents = 100'000'000;

// What would make a service a duty, a price, a check or a case against somebody
// (domain facts 1.4, 1.6, 5.2).
constexpr auto kDuties = std::to_array<std::string_view>(
    {"合同", "责任书", "保证金", "押金",   "罚",   "征收",    "抚养费",
     "收费", "举报",   "手术",   "引产",   "流产", "结扎",    "上环",
     "取环", "环检",   "孕检",   "孕环",   "返乡", "补救",    "原籍",
     "强制", "必须",   "清查",   "黑名单", "违法", "婚育证明"});
constexpr auto kDutyWords = std::to_array<std::string_view>(
    {"abort",    "blacklist", "bond",   "charge", "compuls",  "contract",
     "deposit",  "fee",       "fine",   "iud",    "mandator", "must",
     "obligat",  "operation", "penalt", "price",  "quota",    "remedial",
     "steriliz", "sterilis",  "surger"});
// What would say for whom a service is, but by where somebody lives.
constexpr auto kAims = std::to_array<std::string_view>(
    {"育龄", "已婚", "未婚", "独生", "二孩", "多孩", "计划外", "无证"});
constexpr auto kAimWords = std::to_array<std::string_view>(
    {"aged", "childbearing", "childless", "married", "unmarried", "unplanned"});
// What tells of health or family.
constexpr auto kHealth = std::to_array<std::string_view>(
    {"孕", "产后", "产前", "产检", "分娩", "生育", "生殖", "避孕", "节育",
     "优生", "婚", "妇女健康", "妇检", "接种", "科学育儿"});
constexpr auto kHealthWords = std::to_array<std::string_view>(
    {"birth", "contracept", "maternal", "maternity", "natal", "postnatal",
     "preconcep", "pregnan", "prenatal", "reproduc", "vaccin", "wedding",
     "marriage", "infant"});

bool HoldsAny(std::string_view text, std::span<const std::string_view> parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  });
}

// Whether a word of `text` begins so; for one of four letters and fewer, is so,
// with an s or without.
bool HoldsWord(std::string_view text, std::span<const std::string_view> words) {
  const auto is_word = [&](std::string_view one) {
    return std::ranges::any_of(words, [&](std::string_view word) {
      if (!one.starts_with(word)) return false;
      const std::string_view rest = one.substr(word.size());
      return word.size() > 4 || rest.empty() || rest == "s";
    });
  };
  std::string one;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte)) {
      one += absl::ascii_tolower(byte);
      continue;
    }
    if (is_word(one)) return true;
    one.clear();
  }
  return is_word(one);
}

bool IsText(std::string_view text) {
  return !text.empty() && text.size() <= kLongestText &&
         std::ranges::none_of(text, [](char c) {
           return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
         });
}

bool IsLowerName(std::string_view name, std::size_t longest) {
  return !name.empty() && name.size() <= longest &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

bool IsDigits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

bool IsKnownClass(std::string_view service_class) {
  return service_class == kHealthServiceClass ||
         std::ranges::find(kServiceClasses, service_class) !=
             kServiceClasses.end();
}

bool IsDay(const v1::Date& date) {
  if (date.calendar() != v1::Date::CALENDAR_UNSPECIFIED) return false;
  return date.year() >= 1900 && date.year() <= 9999 && date.month() > 0 &&
         date.day() > 0 &&
         std::chrono::year_month_day(
             std::chrono::year{date.year()},
             std::chrono::month{static_cast<unsigned>(date.month())},
             std::chrono::day{static_cast<unsigned>(date.day())})
             .ok();
}

constexpr const char* kTextRule = "1 to 200 bytes without control characters";

class Checker {
 public:
  Violations Take() { return std::move(violations_); }

  void Need(bool holds, std::string_view name, std::string_view rule) {
    if (!holds) {
      violations_.push_back(
          {.field = path_ + std::string(name), .rule = std::string(rule)});
    }
  }
  void In(std::string path) { path_ = std::move(path); }

  void Version(const std::string& version) {
    Need(!version.empty() && version.size() <= kLongestVersion, "version",
         "1 to 64 bytes");
  }

 private:
  Violations violations_;
  std::string path_;
};

// Of both languages at once: one may say what the other leaves out.
void CheckWords(const CatalogueEntry& entry, Checker& checker) {
  const bool is_health = ServiceClassOf(entry.code()) == kHealthServiceClass;
  bool tells_of_health = false;
  for (const auto& [field, text] : {std::pair<const char*, const std::string*>(
                                        "title_zh", &entry.title_zh()),
                                    {"title_en", &entry.title_en()},
                                    {"code", &entry.code()}}) {
    std::string words = *text;
    std::ranges::replace(words, '_', ' ');
    checker.Need(!HoldsAny(words, kDuties) && !HoldsWord(words, kDutyWords),
                 field,
                 "a service is no duty, no price and no check: domain facts "
                 "5.2");
    checker.Need(!HoldsAny(words, kAims) && !HoldsWord(words, kAimWords), field,
                 "a service is for whoever lives there, and says for whom in "
                 "no other way");
    tells_of_health = tells_of_health || HoldsAny(words, kHealth) ||
                      HoldsWord(words, kHealthWords);
  }
  checker.Need(is_health || !tells_of_health, "code",
               "what tells of health or family is of the class health");
}

void CheckEntry(const CatalogueEntry& entry, Checker& checker) {
  const std::string& code = entry.code();
  const std::string_view service_class = ServiceClassOf(code);
  checker.Need(
      IsKnownClass(service_class) && code.size() > service_class.size() + 1 &&
          IsLowerName(std::string_view(code).substr(service_class.size() + 1),
                      64),
      "code", "<class>.<name> with a class of the closed list");
  checker.Need(IsText(entry.title_zh()), "title_zh", kTextRule);
  checker.Need(IsText(entry.title_en()), "title_en", kTextRule);
  checker.Need(IsText(entry.source_zh()), "source_zh", kTextRule);
  checker.Need(IsText(entry.source_en()), "source_en", kTextRule);
  checker.Need(!entry.sectors().empty(), "sectors", "must be set");
  std::set<std::string_view> sectors;
  for (int i = 0; i < entry.sectors_size(); ++i) {
    const std::string& sector = entry.sectors(i);
    const std::string field = absl::StrCat("sectors[", i, "]");
    checker.Need(
        IsLowerName(sector, 32) &&
            !absl::ascii_isdigit(static_cast<unsigned char>(sector.front())),
        field, "1 to 32 lower-case letters and underscores, a letter first");
    checker.Need(sectors.insert(sector).second, field, "stands twice");
    // Labour pays out insurance for a birth to whoever asks for it herself.
    checker.Need(service_class != kHealthServiceClass || sector == "health" ||
                     sector == "labor",
                 field,
                 "the class health is provided by the sectors health and "
                 "labor alone");
    checker.Need(sector != "public_security", field,
                 "a service is no duty, no price and no check: domain facts "
                 "5.2");
  }
  CheckWords(entry, checker);
}

}  // namespace

bool IsCounty(std::string_view division) {
  return division.size() == 6 && !division.ends_with("00") && IsPlace(division);
}

bool IsDirectoryId(std::string_view id) { return IsLowerName(id, 64); }

bool IsPlace(std::string_view division) {
  const std::size_t size = division.size();
  if (size != 6 && size != 9 && size != 12 && size != 15) return false;
  return IsDigits(division) &&
         codes::FindDivision(division.substr(0, 6)) != nullptr;
}

const CatalogueEntry* FindService(const ServiceCatalogue& catalogue,
                                  std::string_view code) {
  const auto found =
      std::ranges::find(catalogue.services(), code, &CatalogueEntry::code);
  return found == catalogue.services().end() ? nullptr : &*found;
}

Violations CheckCatalogue(const ServiceCatalogue& file) {
  Checker checker;
  checker.Version(file.version());
  checker.Need(!file.services().empty(), "services", "must be set");
  checker.Need(file.services_size() <= kMostServices, "services",
               "at most 1,000 services");
  std::set<std::string_view> codes;
  for (int i = 0; i < file.services_size(); ++i) {
    checker.In(absl::StrCat("services[", i, "]."));
    const CatalogueEntry& entry = file.services(i);
    CheckEntry(entry, checker);
    checker.Need(codes.insert(entry.code()).second, "code", "stands twice");
  }
  return checker.Take();
}

Violations CheckPoints(const ServicePoints& file,
                       const ServiceCatalogue& catalogue) {
  Checker checker;
  checker.Version(file.version());
  checker.Need(file.points_size() <= kMostPoints, "points",
               "at most 20,000 points");
  std::set<std::string_view> ids;
  for (int i = 0; i < file.points_size(); ++i) {
    checker.In(absl::StrCat("points[", i, "]."));
    const ServicePoint& point = file.points(i);
    checker.Need(IsDirectoryId(point.id()), "id", kDirectoryIdRule);
    checker.Need(ids.insert(point.id()).second, "id", "stands twice");
    checker.Need(point.kind() != ServicePoint::KIND_UNSPECIFIED, "kind",
                 "must be set");
    checker.Need(IsText(point.name_zh()), "name_zh", kTextRule);
    checker.Need(IsText(point.name_en()), "name_en", kTextRule);
    checker.Need(IsText(point.address()), "address", kTextRule);
    checker.Need(IsPlace(point.division()), "division", kPlaceRule);
    checker.Need(!point.services().empty(), "services", "must be set");
    std::set<std::string_view> services;
    for (int k = 0; k < point.services_size(); ++k) {
      const std::string field = absl::StrCat("services[", k, "]");
      checker.Need(FindService(catalogue, point.services(k)) != nullptr, field,
                   "a service of the catalogue");
      checker.Need(services.insert(point.services(k)).second, field,
                   "stands twice");
    }
  }
  return checker.Take();
}

Violations CheckResidents(const Residents& file) {
  Checker checker;
  checker.Version(file.version());
  checker.Need(IsText(file.source()), "source", kTextRule);
  checker.Need(IsDay(file.as_of()), "as_of", "a Gregorian day");
  checker.Need(!file.counties().empty(), "counties", "must be set");
  checker.Need(file.counties_size() <= kMostCounties, "counties",
               "at most 4,000 counties");
  std::set<std::string_view> divisions;
  for (int i = 0; i < file.counties_size(); ++i) {
    checker.In(absl::StrCat("counties[", i, "]."));
    const config::v1::CountyResidents& county = file.counties(i);
    checker.Need(IsCounty(county.division()), "division", kCountyRule);
    checker.Need(divisions.insert(county.division()).second, "division",
                 "stands twice");
    checker.Need(county.locals() <= kMostResidents, "locals",
                 "at most 100,000,000");
    checker.Need(county.migrants() <= kMostResidents, "migrants",
                 "at most 100,000,000");
  }
  return checker.Take();
}

}  // namespace waystation::directory
