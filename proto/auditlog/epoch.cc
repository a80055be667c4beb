// SPDX-License-Identifier: Apache-2.0
#include "proto/auditlog/epoch.h"

#include <cstddef>

namespace waystation::auditlog {
namespace {

constexpr std::string_view kMark = "/epoch-";
constexpr std::string_view kForm = "00000000T000000Z";

bool IsTime(std::string_view text) {
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == '0' ? !digit : text[i] != kForm[i]) return false;
  }
  return true;
}

}  // namespace

std::string OriginOfEpoch(std::string_view base, std::string_view epoch) {
  std::string origin(base);
  if (!epoch.empty()) origin.append(kMark).append(epoch);
  return origin;
}

std::string_view BaseOfOrigin(std::string_view origin) {
  const std::string_view epoch = EpochOfOrigin(origin);
  return epoch.empty()
             ? origin
             : origin.substr(0, origin.size() - kMark.size() - epoch.size());
}

std::string_view EpochOfOrigin(std::string_view origin) {
  const std::size_t mark = origin.rfind(kMark);
  if (mark == std::string_view::npos) return {};
  const std::string_view time = origin.substr(mark + kMark.size());
  return IsTime(time) ? time : std::string_view();
}

}  // namespace waystation::auditlog
