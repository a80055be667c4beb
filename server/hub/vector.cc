// SPDX-License-Identifier: Apache-2.0
#include "server/hub/vector.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "proto/errors/error.h"
#include "waystation/store/v1/match_vector.pb.h"

namespace waystation::hub {
namespace {

using store::v1::StoredVector;

constexpr size_t kVersionSize = 8;

Place PlaceOf(storage::Uid uid, uint64_t version) {
  return {.table = Place::Table::kVector, .first = uid, .second = version};
}

absl::Status Unreadable(storage::Uid uid) {
  return errors::Error(
      "STORE_DAMAGED",
      {.metadata = {{"table", "vector"}, {"row", absl::StrCat(uid)}}});
}

void Put(const std::u32string& points, auto* field) {
  for (const char32_t point : points) field->Add(point);
}

std::u32string PointsOf(const auto& field) {
  return {field.begin(), field.end()};
}

void Put(const codes::ComparableName& name, StoredVector::Name& stored) {
  stored.set_text(name.text());
  Put(name.folded(), stored.mutable_folded());
  stored.set_sound(name.sound());
  for (const codes::NameWord& word : name.words()) {
    StoredVector::Word& put = *stored.add_words();
    Put(word.letters, put.mutable_letters());
    put.set_sound(word.sound);
  }
  stored.set_is_chinese(name.is_chinese());
}

codes::ComparableName NameOf(StoredVector::Name& stored) {
  std::vector<codes::NameWord> words;
  for (StoredVector::Word& word : *stored.mutable_words()) {
    words.push_back({.letters = PointsOf(word.letters()),
                     .sound = std::move(*word.mutable_sound())});
  }
  return {std::move(*stored.mutable_text()), PointsOf(stored.folded()),
          std::move(*stored.mutable_sound()), std::move(words),
          stored.is_chinese()};
}

StoredVector StoredOf(const domain::MatchVector& vector) {
  StoredVector stored;
  for (const std::string& one : vector.numbers) stored.add_numbers(one);
  for (const std::string& one : vector.doubtful_numbers) {
    stored.add_doubtful_numbers(one);
  }
  if (!vector.name.is_nobody()) Put(vector.name, *stored.mutable_name());
  if (vector.birth_date.has_value()) {
    StoredVector::Date& date = *stored.mutable_birth_date();
    date.set_year(vector.birth_date->year);
    date.set_month(vector.birth_date->month);
    date.set_day(vector.birth_date->day);
    date.set_lunar(vector.birth_date->lunar);
    date.set_leap_month(vector.birth_date->leap_month);
  }
  stored.set_sex(static_cast<int>(vector.sex));
  for (const std::string& one : vector.phones) stored.add_phones(one);
  stored.set_household(vector.household);
  stored.set_address(vector.address);
  return stored;
}

domain::MatchVector VectorOf(StoredVector stored) {
  const auto taken = [](auto* field) {
    domain::MatchVector::Values strings;
    strings.reserve(static_cast<size_t>(field->size()));
    for (std::string& one : *field) strings.push_back(std::move(one));
    return strings;
  };
  domain::MatchVector vector;
  vector.numbers = taken(stored.mutable_numbers());
  vector.doubtful_numbers = taken(stored.mutable_doubtful_numbers());
  if (stored.has_name()) vector.name = NameOf(*stored.mutable_name());
  if (stored.has_birth_date()) {
    const StoredVector::Date& date = stored.birth_date();
    vector.birth_date =
        codes::PartialDate{.year = static_cast<int16_t>(date.year()),
                           .month = static_cast<uint8_t>(date.month()),
                           .day = static_cast<uint8_t>(date.day()),
                           .lunar = date.lunar(),
                           .leap_month = date.leap_month()};
  }
  vector.sex = static_cast<codes::Sex>(stored.sex());
  vector.phones = taken(stored.mutable_phones());
  vector.household = std::move(*stored.mutable_household());
  vector.address = std::move(*stored.mutable_address());
  return vector;
}

}  // namespace

std::string SealVector(Sealer& sealer, const Record& record,
                       const domain::MatchVector& vector) {
  const uint64_t version = record.version + 1;
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(version >> shift));
  }
  bytes += sealer.Seal(record.data_key, PlaceOf(record.uid, version),
                       StoredOf(vector).SerializeAsString());
  return bytes;
}

absl::StatusOr<domain::MatchVector> OpenVector(storage::Uid uid,
                                               const DataKey& data_key,
                                               std::string_view bytes) {
  if (bytes.size() < kVersionSize) return Unreadable(uid);
  uint64_t version = 0;
  for (const char c : bytes.substr(0, kVersionSize)) {
    version = version << 8 | static_cast<uint8_t>(c);
  }
  const absl::StatusOr<std::string> opened =
      Sealer::Open(data_key, PlaceOf(uid, version), bytes.substr(kVersionSize));
  if (!opened.ok()) return opened.status();
  StoredVector stored;
  if (!stored.ParseFromString(*opened)) return Unreadable(uid);
  return VectorOf(std::move(stored));
}

absl::StatusOr<HeldVector> UnwrapVector(const Sealer& sealer,
                                        storage::VectorRow row) {
  absl::StatusOr<DataKey> key =
      UnwrapRecordKey(sealer, row.uid, row.wrapped_key);
  if (!key.ok()) return key.status();
  return HeldVector{.version = row.version,
                    .data_key = *std::move(key),
                    .bytes = std::move(row.vector)};
}

}  // namespace waystation::hub
