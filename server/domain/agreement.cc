// SPDX-License-Identifier: Apache-2.0
#include "server/domain/agreement.h"

#include <algorithm>
#include <cstddef>

#include "proto/calendar/dates.h"

namespace waystation::domain {
namespace {

void Add(const v1::Grant& grant, Permission& permission) {
  switch (grant.form()) {
    case v1::FORM_VALUE:
      permission.visible = v1::FORM_VALUE;
      permission.digits = 0;
      permission.match = true;
      break;
    case v1::FORM_PARTIAL:
      if (permission.visible == v1::FORM_VALUE) break;
      permission.visible = v1::FORM_PARTIAL;
      permission.digits = std::max(permission.digits, grant.partial_digits());
      break;
    case v1::FORM_MATCH:
      permission.match = true;
      break;
    case v1::FORM_EXISTS:
      permission.exists = true;
      break;
    case v1::FORM_PREDICATE: {
      auto& names = permission.predicates;
      const auto place = std::ranges::lower_bound(names, grant.predicate());
      if (place == names.end() || *place != grant.predicate()) {
        names.insert(place, grant.predicate());
      }
      break;
    }
    default:
      break;
  }
}

bool IsFor(const v1::Agreement& agreement, const Recipient& recipient) {
  return agreement.recipient_agency().empty()
             ? agreement.recipient_sector() == recipient.sector
             : agreement.recipient_agency() == recipient.agency;
}

}  // namespace

bool InForce(const v1::Agreement& agreement, codes::Date day) {
  const codes::Date from = calendar::ToDate(agreement.valid_from());
  const codes::Date until = calendar::ToDate(agreement.valid_until());
  return from.ok() && until.ok() && from <= day && day <= until;
}

Permissions::Permissions(std::span<const v1::Agreement> agreements,
                         const Recipient& recipient, codes::Date day,
                         std::optional<v1::Purpose> purpose, v1::Scope scope,
                         const agreement::Ceiling& ceiling) {
  for (const v1::Agreement& agreement : agreements) {
    if (!IsFor(agreement, recipient) || !InForce(agreement, day) ||
        agreement.scope() != scope ||
        (purpose && agreement.purpose() != *purpose)) {
      continue;
    }
    for (const v1::Grant& grant : agreement.grants()) {
      const AttributeInfo* attribute = FindAttribute(grant.attribute());
      if (attribute == nullptr ||
          !ceiling.Covers(grant.source_sector(), recipient.sector,
                          grant.attribute(), grant.form(),
                          grant.partial_digits(), grant.predicate())) {
        continue;
      }
      auto place =
          std::ranges::find(sectors_, grant.source_sector(), &Sector::name);
      if (place == sectors_.end()) {
        place = sectors_.emplace(place);
        place->name = grant.source_sector();
      }
      Permission& permission =
          place->attributes[static_cast<std::size_t>(attribute->number)];
      Add(grant, permission);
      if (permission.visible != v1::FORM_UNSPECIFIED) {
        place->visible |= attribute->bit();
        visible_ |= attribute->bit();
      }
      if (permission.match) matchable_ |= attribute->bit();
      if (!permission.predicates.empty()) answerable_ |= attribute->bit();
      if (permission.exists) existing_ |= attribute->bit();
    }
  }
}

const std::array<Permission, 64>* Permissions::Find(
    std::string_view source_sector) const {
  const auto place = std::ranges::find(sectors_, source_sector, &Sector::name);
  return place == sectors_.end() ? nullptr : &place->attributes;
}

const Permission& Permissions::Of(std::string_view source_sector,
                                  AttributeNumber attribute) const {
  static const Permission kNothing;
  const auto* of_sector = Find(source_sector);
  return of_sector == nullptr
             ? kNothing
             : (*of_sector)[static_cast<std::size_t>(attribute)];
}

bool Permissions::MayAsk(AttributeNumber attribute,
                         std::string_view predicate) const {
  return std::ranges::any_of(sectors_, [&](const Sector& sector) {
    return std::ranges::binary_search(
        sector.attributes[static_cast<std::size_t>(attribute)].predicates,
        predicate);
  });
}

std::string Permissions::VisibleText() const {
  std::vector<std::string> lines;
  for (const Sector& sector : sectors_) {
    if (sector.visible == 0) continue;
    std::string& line = lines.emplace_back(sector.name);
    ForEachAttribute(sector.visible, [&](AttributeNumber number) {
      const Permission& permission =
          sector.attributes[static_cast<std::size_t>(number)];
      line += " " + std::to_string(number) + ":" +
              std::to_string(permission.visible) + ":" +
              std::to_string(permission.digits);
    });
  }
  std::ranges::sort(lines);
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

AttributeSet Permissions::Visible(std::string_view source_sector) const {
  const auto place = std::ranges::find(sectors_, source_sector, &Sector::name);
  return place == sectors_.end() ? 0 : place->visible;
}

}  // namespace waystation::domain
