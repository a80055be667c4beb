// SPDX-License-Identifier: Apache-2.0
#include "server/domain/read_update.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <functional>
#include <utility>

#include "google/protobuf/message.h"
#include "google/protobuf/util/time_util.h"
#include "proto/codes/sex.h"
#include "proto/codes/text.h"
#include "server/domain/dates.h"
#include "server/domain/grades.h"
#include "server/domain/meaning.h"
#include "server/domain/read_value.h"

namespace waystation::domain {
namespace {

using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;

constexpr std::size_t kRecordKeyBytes = 128;
constexpr int kMaxEntries = 64;
// Clocks of source systems run ahead; by more than a day they are wrong.
constexpr std::int64_t kDayOfMicroseconds = 86'400'000'000;

// The update in one spelling. It has no map, so that its bytes follow from its
// fields.
auditlog::Hash ContentOf(v1::Update& update) {
  auto& paths = *update.mutable_mask()->mutable_paths();
  if (std::ranges::adjacent_find(paths, std::greater_equal<>()) !=
      paths.end()) {
    std::sort(paths.begin(), paths.end());
    paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  }
  return auditlog::Sha256(update.SerializeAsString());
}

class Reader {
 public:
  Reader(v1::Update update, const ReadOptions& options)
      : update_(std::move(update)),
        options_(options),
        today_(DayOf(options.received_time)),
        values_(today_, options.profile, findings_) {}

  ReadResult Read() {
    ReadUpdate& read = result_.update;
    read.received_time = options_.received_time;
    read.revision = update_.revision();
    ReadKey();
    if (read.revision == 0) {
      findings_.Refuse({nullptr, "revision"}, "REVISION_MISSING", "at least 1");
    }
    CheckUnknownFields();
    ReadGuardian();
    if (update_.has_retraction()) {
      ReadRetraction();
      read.content = ContentOf(update_);
    } else {
      ReadMask();
      read.content = ContentOf(update_);
      ReadDetails();
      read.claims.reserve(static_cast<std::size_t>(std::popcount(mask_)));
      ForEachAttribute(mask_, [&](AttributeNumber number) {
        ReadAttribute(GetAttribute(number));
      });
      CheckNumbers();
      CheckMinor();
    }
    read.record_key = std::move(*update_.mutable_record_key());
    read.grades = std::move(findings_.grades);
    result_.violations = std::move(findings_.violations);
    return std::move(result_);
  }

 private:
  struct Times {
    std::int64_t recorded = 0;
    const v1::Date* valid_from = nullptr;
  };

  void ReadKey() {
    const std::string& key = update_.record_key();
    const Path path{nullptr, "record_key"};
    if (key.empty() || key.size() > kRecordKeyBytes || codes::HasControl(key)) {
      findings_.Refuse(path, "RECORD_KEY_INVALID",
                       "1 to 128 bytes without control characters");
    } else if (codes::HoldsCitizenNumber(key, today_)) {
      findings_.Refuse(path, "RECORD_KEY_PERSONAL", "GB 11643-1999");
    }
  }

  // Of what is not read by the attribute table. Nothing is taken unread.
  void CheckUnknownFields() {
    const auto has_unknown = []<typename M>(const M& message) {
      static const Reflection& reflection =
          *M::default_instance().GetReflection();
      return !reflection.GetUnknownFields(message).empty();
    };
    bool found = has_unknown(update_) || has_unknown(update_.claims()) ||
                 has_unknown(update_.mask()) || has_unknown(update_.times()) ||
                 has_unknown(update_.retraction()) ||
                 has_unknown(update_.guardian());
    for (const v1::AttributeDetail& detail : update_.details()) {
      found = found || has_unknown(detail) || has_unknown(detail.times());
      for (const v1::GivenValue& given : detail.given()) {
        found = found || has_unknown(given);
      }
    }
    if (found) {
      findings_.Refuse({nullptr, "update"}, "UNKNOWN_FIELDS", "waystation.v1");
    }
  }

  void ReadGuardian() {
    if (!update_.has_guardian()) return;
    const Path path{nullptr, "guardian"};
    const std::string& reference = update_.guardian().reference();
    if (reference.empty()) {
      findings_.Refuse({&path, "reference"}, "FIELD_MISSING", "PIPL art. 31");
    } else if (reference.size() > kRecordKeyBytes) {
      findings_.Refuse({&path, "reference"}, "VALUE_TOO_LONG",
                       "at most 128 bytes");
    } else if (codes::HasControl(reference)) {
      findings_.Refuse({&path, "reference"}, "VALUE_UNREADABLE",
                       "no control characters");
    }
    if (update_.guardian().has_given_time()) {
      ReadTime({&path, "given_time"}, update_.guardian().given_time());
    }
    result_.update.guardian = update_.guardian();
  }

  void ReadRetraction() {
    const Path path{nullptr, "retraction"};
    if (update_.mask().paths_size() > 0 || update_.has_claims()) {
      findings_.Refuse(path, "RETRACTION_WITH_CLAIMS",
                       "a retraction takes back and claims nothing");
    }
    const auto reason = update_.retraction().reason();
    if (reason == v1::RecordRetraction::REASON_UNSPECIFIED) {
      findings_.Refuse({&path, "reason"}, "RETRACTION_REASON_MISSING",
                       "one of the closed list");
    } else if (!v1::RecordRetraction::Reason_IsValid(reason)) {
      findings_.Refuse({&path, "reason"}, "CODE_UNKNOWN",
                       "waystation.v1.RecordRetraction.Reason");
    }
    result_.update.retraction = reason;
  }

  void ReadMask() {
    const Path parent{nullptr, "mask"};
    if (update_.mask().paths().empty()) {
      findings_.Refuse(parent, "NOTHING_CLAIMED", "names of attributes");
    }
    for (int i = 0; i < update_.mask().paths_size(); ++i) {
      const AttributeInfo* attribute = FindAttribute(update_.mask().paths(i));
      if (attribute == nullptr) {
        findings_.Refuse({&parent, "paths", i}, "ATTRIBUTE_UNKNOWN",
                         "a field of Person");
      } else {
        mask_ |= attribute->bit();
      }
    }
    CheckNamed();
  }

  // The update is kept as it was sent: what is not read and graded, such as the
  // data of a child, must not ride along.
  void CheckNamed() {
    const Path parent{nullptr, "claims"};
    for (const AttributeInfo& attribute : Attributes()) {
      if ((mask_ & attribute.bit()) == 0 &&
          EntryCount(attribute, update_.claims()) > 0) {
        findings_.Refuse({&parent, attribute.name}, "CLAIM_NOT_NAMED",
                         "named in mask");
      }
    }
  }

  // Times and evidence: the update's own, unless a detail says otherwise.
  void ReadDetails() {
    times_ = ReadTimes({nullptr, "times"}, update_.times());
    CheckEvidence({nullptr, "evidence"}, update_.evidence());
    for (int i = 0; i < update_.details_size(); ++i) {
      const v1::AttributeDetail& detail = update_.details(i);
      const Path path{nullptr, "details", i};
      const AttributeInfo* attribute = FindAttribute(detail.attribute());
      if (attribute == nullptr) {
        findings_.Refuse({&path, "attribute"}, "ATTRIBUTE_UNKNOWN",
                         "a field of Person");
      } else if ((mask_ & attribute->bit()) == 0) {
        findings_.Refuse({&path, "attribute"}, "DETAIL_WITHOUT_CLAIM",
                         "named in mask");
      }
      ReadTimes({&path, "times"}, detail.times());
      CheckEvidence({&path, "evidence"}, detail.evidence());
    }
  }

  const v1::AttributeDetail* FindDetail(const AttributeInfo& attribute) const {
    for (const v1::AttributeDetail& detail : update_.details()) {
      if (detail.attribute() == attribute.name) return &detail;
    }
    return nullptr;
  }

  // An empty date is none.
  static bool SaysDate(const v1::ClaimTimes& times) {
    return times.has_valid_from() && times.valid_from().ByteSizeLong() > 0;
  }

  Times ReadTimes(const Path& path, const v1::ClaimTimes& times) {
    Times read;
    if (times.has_recorded_time()) {
      read.recorded = ReadTime({&path, "recorded_time"}, times.recorded_time());
    }
    if (SaysDate(times) &&
        values_.ReadDate({&path, "valid_from"}, times.valid_from())) {
      read.valid_from = &times.valid_from();
    }
    return read;
  }

  std::int64_t ReadTime(const Path& path,
                        const google::protobuf::Timestamp& time) {
    const bool is_valid = time.nanos() >= 0 && time.nanos() < 1'000'000'000 &&
                          time.seconds() >= TimeUtil::kTimestampMinSeconds &&
                          time.seconds() <= TimeUtil::kTimestampMaxSeconds;
    const std::int64_t microseconds =
        is_valid ? TimeUtil::TimestampToMicroseconds(time) : 0;
    if (!is_valid ||
        microseconds > options_.received_time + kDayOfMicroseconds) {
      findings_.Refuse(path, "TIME_INVALID", "no later than a day from now");
    }
    return microseconds;
  }

  void CheckEvidence(const Path& path, v1::Evidence evidence) {
    if (!v1::Evidence_IsValid(evidence)) {
      findings_.Refuse(path, "CODE_UNKNOWN", "waystation.v1.Evidence");
    }
  }

  void ReadAttribute(const AttributeInfo& attribute) {
    store::StoredClaim& claim = result_.update.claims.emplace_back();
    claim.set_attribute(static_cast<std::uint32_t>(attribute.number));
    claim.set_revision(update_.revision());
    claim.set_received_time(options_.received_time);
    SetTimes(attribute, claim);

    const Path parent{nullptr, "claims"};
    codes::Grade grade = codes::Grade::kOk;
    v1::Person& claims = *update_.mutable_claims();
    const Reflection& reflection = *attribute.reflection;
    if (attribute.is_set) {
      grade = ReadEntries(attribute, parent, claims, claim);
    } else if (reflection.HasField(claims, attribute.field)) {
      Message& value = *reflection.MutableMessage(&claims, attribute.field);
      grade = values_.ReadValue(attribute, {&parent, attribute.name}, value);
      if (value.ByteSizeLong() == 0) {
        reflection.ClearField(&claims, attribute.field);
      }
    }
    if (EntryCount(attribute, claims) == 0) {
      Retract(claim);
      return;
    }
    claim.set_grade(ToMessage(grade));
    if (attribute.is_set) {
      reflection.SwapFields(&claims, claim.mutable_value(), {attribute.field});
    } else {
      reflection.SetAllocatedMessage(
          claim.mutable_value(),
          reflection.ReleaseMessage(&claims, attribute.field), attribute.field);
    }
  }

  // A retraction carries nothing but who took back what, and when.
  static void Retract(store::StoredClaim& claim) {
    claim.set_retracted(true);
    claim.clear_value();
    claim.clear_grade();
    claim.clear_entry_grades();
    claim.clear_evidence();
    claim.clear_valid_from();
  }

  void SetTimes(const AttributeInfo& attribute, store::StoredClaim& claim) {
    claim.set_recorded_time(times_.recorded);
    claim.set_evidence(update_.evidence());
    const v1::Date* valid_from = times_.valid_from;
    if (const v1::AttributeDetail* detail = FindDetail(attribute)) {
      if (detail->times().has_recorded_time()) {
        claim.set_recorded_time(
            TimeUtil::TimestampToMicroseconds(detail->times().recorded_time()));
      }
      if (SaysDate(detail->times())) {
        valid_from = &detail->times().valid_from();
      }
      if (detail->evidence() != v1::EVIDENCE_UNSPECIFIED) {
        claim.set_evidence(detail->evidence());
      }
    }
    if (valid_from != nullptr) *claim.mutable_valid_from() = *valid_from;
  }

  // Reads the entries of a set and puts them into the order of their keys.
  codes::Grade ReadEntries(const AttributeInfo& attribute, const Path& parent,
                           v1::Person& claims, store::StoredClaim& claim) {
    const Reflection& reflection = *attribute.reflection;
    const int size = reflection.FieldSize(claims, attribute.field);
    if (size > kMaxEntries) {
      findings_.Refuse({&parent, attribute.name}, "TOO_MANY_ENTRIES",
                       "at most 64");
      return codes::Grade::kOk;
    }
    struct Entry {
      std::string key;
      codes::Grade grade;
    };
    std::vector<Entry> entries;
    codes::Grade worst = codes::Grade::kOk;
    int kept = 0;
    for (int i = 0; i < size; ++i) {
      const Path path{&parent, attribute.name, i};
      Message& value =
          *reflection.MutableRepeatedMessage(&claims, attribute.field, i);
      const codes::Grade grade = values_.ReadValue(attribute, path, value);
      std::string key = EntryKey(attribute, value);
      const auto twin = std::ranges::find(entries, key, &Entry::key);
      if (twin != entries.end()) {
        const auto& other = reflection.GetRepeatedMessage(
            claims, attribute.field, static_cast<int>(twin - entries.begin()));
        if (!Identical(attribute, value, other)) {
          findings_.Refuse(path, "ENTRY_TWICE", "one value for an entry");
        }
        continue;
      }
      worst = codes::Worse(worst, grade);
      entries.push_back({std::move(key), grade});
      reflection.SwapElements(&claims, attribute.field, kept++, i);
    }
    for (int i = size; i > kept; --i) {
      reflection.RemoveLast(&claims, attribute.field);
    }
    for (int i = 1; i < kept; ++i) {
      for (int j = i; j > 0; --j) {
        auto& after = entries[static_cast<std::size_t>(j)];
        auto& before = entries[static_cast<std::size_t>(j - 1)];
        if (before.key < after.key) break;
        std::swap(before, after);
        reflection.SwapElements(&claims, attribute.field, j - 1, j);
      }
    }
    for (const Entry& entry : entries) {
      claim.add_entry_grades(ToMessage(entry.grade));
    }
    return worst;
  }

  store::StoredClaim* FindClaim(AttributeNumber number) {
    auto& claims = result_.update.claims;
    const auto place = std::ranges::find_if(claims, [&](const auto& claim) {
      return claim.attribute() == static_cast<std::uint32_t>(number) &&
             !claim.retracted();
    });
    return place == claims.end() ? nullptr : &*place;
  }

  std::optional<codes::PartialDate> StatedBirthDate() {
    const store::StoredClaim* claim = FindClaim(kBirthDate);
    if (claim == nullptr || !findings_.violations.empty() ||
        claim->grade() == v1::GRADE_PLACEHOLDER) {
      return std::nullopt;
    }
    return ToPartial(claim->value().birth_date().date());
  }

  codes::CitizenNumber ReadNumber(const v1::Identifier& identifier) const {
    if (identifier.kind() != v1::Identifier::KIND_CITIZEN_NUMBER) return {};
    return codes::ReadCitizenNumber(identifier.number(), today_,
                                    options_.profile);
  }

  // Holds the citizen number against the birth date and sex of the same update.
  void CheckNumbers() {
    store::StoredClaim* claim = FindClaim(kIdentifiers);
    if (claim == nullptr || !findings_.violations.empty()) return;
    const store::StoredClaim* sex = FindClaim(kSex);
    const auto stated_sex =
        sex == nullptr ? codes::Sex::kUnknown
                       : static_cast<codes::Sex>(sex->value().sex().value());
    const auto stated_birth_date = StatedBirthDate();
    codes::Grade worst = FromMessage(claim->grade());
    for (int i = 0; i < claim->value().identifiers_size(); ++i) {
      const auto& identifier = claim->value().identifiers(i);
      if (identifier.kind() != v1::Identifier::KIND_CITIZEN_NUMBER) continue;
      codes::CitizenNumber number = ReadNumber(identifier);
      // As it was given: an upgraded number reads as a plain one.
      number.grade = FromMessage(claim->entry_grades(i));
      const codes::Grade grade =
          codes::CrossCheck(number, stated_sex, stated_birth_date);
      if (grade == number.grade) continue;
      claim->set_entry_grades(i, ToMessage(grade));
      worst = codes::Worse(worst, grade);
      const Path parent{nullptr, "claims"};
      const Path entry{&parent, "identifiers", i};
      findings_.Note({&entry, "number"}, grade);
    }
    claim->set_grade(ToMessage(worst));
  }

  // Nothing of a child under 14 without its guardian's consent. The update is
  // judged by what it says itself, so that order of arrival plays no part.
  void CheckMinor() {
    if (update_.has_guardian() || !findings_.violations.empty()) return;
    const Path parent{nullptr, "claims"};
    const auto stated = StatedBirthDate();
    if (stated && MayBeMinor(*stated, today_)) {
      findings_.Refuse({&parent, "birth_date"}, "MINOR_WITHOUT_GUARDIAN",
                       "PIPL art. 31");
      return;
    }
    const store::StoredClaim* claim = FindClaim(kIdentifiers);
    if (claim == nullptr) return;
    for (const auto& identifier : claim->value().identifiers()) {
      const codes::CitizenNumber number = ReadNumber(identifier);
      // A number that fails its check says nothing against a stated date.
      const bool counts = codes::IsStrong(number.grade) || !stated;
      if (counts && number.birth_date &&
          number.grade != codes::Grade::kPlaceholder &&
          MayBeMinor(*number.birth_date, today_)) {
        findings_.Refuse({&parent, "identifiers"}, "MINOR_WITHOUT_GUARDIAN",
                         "PIPL art. 31");
        return;
      }
    }
  }

  v1::Update update_;
  const ReadOptions options_;
  const codes::Date today_;
  Findings findings_;
  ValueReader values_;
  AttributeSet mask_ = 0;
  Times times_;
  ReadResult result_;
};

}  // namespace

AttributeSet ReadUpdate::attributes() const {
  AttributeSet set = 0;
  for (const store::StoredClaim& claim : claims) {
    set |= BitOf(static_cast<AttributeNumber>(claim.attribute()));
  }
  return set;
}

ReadResult Read(std::string_view serialised, const ReadOptions& options) {
  v1::Update update;
  if (!update.ParseFromArray(serialised.data(),
                             static_cast<int>(serialised.size()))) {
    ReadResult result;
    Findings findings;
    findings.Refuse({nullptr, "update"}, "UPDATE_UNREADABLE",
                    "waystation.v1.Update, text in UTF-8");
    result.violations = std::move(findings.violations);
    return result;
  }
  return Read(std::move(update), options);
}

ReadResult Read(v1::Update update, const ReadOptions& options) {
  return Reader(std::move(update), options).Read();
}

}  // namespace waystation::domain
