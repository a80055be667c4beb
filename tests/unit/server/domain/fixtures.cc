// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/server/domain/fixtures.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "google/protobuf/text_format.h"
#include "proto/codes/citizen_number.h"
#include "waystation/config/v1/ceiling.pb.h"

namespace waystation::domain {
namespace {

[[noreturn]] void Die(std::string_view what, std::string_view text) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(what.size()),
               what.data(), static_cast<int>(text.size()), text.data());
  std::abort();
}

template <typename Message>
void MergeText(std::string_view text, Message& message) {
  if (!google::protobuf::TextFormat::MergeFromString(std::string(text),
                                                     &message)) {
    Die("not a message", text);
  }
}

}  // namespace

v1::Person PersonOf(std::string_view text) {
  v1::Person person;
  MergeText(text, person);
  return person;
}

v1::Update UpdateOf(std::string_view record_key, std::uint64_t revision,
                    std::string_view claims) {
  v1::Update update;
  update.set_record_key(std::string(record_key));
  update.set_revision(revision);
  *update.mutable_claims() = PersonOf(claims);
  std::vector<const google::protobuf::FieldDescriptor*> set;
  update.claims().GetReflection()->ListFields(update.claims(), &set);
  for (const auto* field : set) {
    update.mutable_mask()->add_paths(field->name());
  }
  return update;
}

ReadUpdate MustRead(const v1::Update& update, const ReadOptions& options) {
  ReadResult result = Read(update.SerializeAsString(), options);
  if (!result.ok()) {
    Die("refused", result.violations.front().ShortDebugString());
  }
  return std::move(result.update);
}

std::string DemoNumber(std::string_view birth, int sequence) {
  std::string number = "041202" + std::string(birth);
  number += static_cast<char>('0' + sequence / 100);
  number += static_cast<char>('0' + sequence / 10 % 10);
  number += static_cast<char>('0' + sequence % 10);
  return number + codes::CitizenNumberCheckCharacter(number);
}

std::string NumberText(std::string_view number) {
  return "identifiers { kind: KIND_CITIZEN_NUMBER number: '" +
         std::string(number) + "' } ";
}

Uid Records::Add(std::string_view agency, std::string_view record_key,
                 std::string_view claims, std::string_view more) {
  Held& held = held_.emplace_back();
  held.sector = std::string(agency.substr(0, agency.find('.')));
  held.record.set_agency(std::string(agency));
  held.record.set_record_key(std::string(record_key));
  Update(held_.size(), 1, claims, more);
  return held_.size();
}

Applied Records::Update(Uid uid, std::uint64_t revision,
                        std::string_view claims, std::string_view more) {
  v1::Update update = UpdateOf(At(uid).record_key(), revision, claims);
  MergeText(more, update);
  return Apply(MustRead(update), At(uid));
}

Applied Records::Retract(Uid uid, std::uint64_t revision,
                         std::initializer_list<std::string_view> attributes) {
  v1::Update update = UpdateOf(At(uid).record_key(), revision, "");
  for (const std::string_view attribute : attributes) {
    update.mutable_mask()->add_paths(std::string(attribute));
  }
  return Apply(MustRead(update), At(uid));
}

std::vector<RecordView> Records::Views() const {
  std::vector<RecordView> views;
  for (std::size_t i = 0; i < held_.size(); ++i) {
    views.push_back(
        {.uid = i + 1, .sector = held_[i].sector, .record = &held_[i].record});
  }
  return views;
}

agreement::Ceiling CeilingWith(std::string_view sector) {
  config::v1::SectorCeiling file;
  const auto in_place = [&](std::string_view name) {
    return std::string(name == agreement::kOtherSector ? sector : name);
  };
  for (const agreement::CeilingRow& compiled : agreement::CompiledRows()) {
    config::v1::SectorRow& row = *file.add_rows();
    row.set_from(in_place(compiled.from));
    row.set_to(in_place(compiled.to));
    row.add_attributes(std::string(compiled.attribute));
    row.set_form(compiled.form);
    row.set_predicate(std::string(compiled.predicate));
  }
  return agreement::Ceiling(file);
}

}  // namespace waystation::domain
