// SPDX-License-Identifier: Apache-2.0
#include "client/wayctl/language.h"

#include <libintl.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>

#include "client/wayctl/surroundings.h"

// Tells gettext that what it has looked up is out of date; its manual names it.
extern "C" int _nl_msg_cat_cntr;  // NOLINT(bugprone-reserved-identifier)

namespace waystation::wayctl {
namespace {

constexpr char kDomain[] = "wayctl";

errors::Language current = errors::Language::kEnglish;

errors::Language ByName(std::string_view name) {
  return name.starts_with("zh") ? errors::Language::kChinese
                                : errors::Language::kEnglish;
}

// As pgettext does it; in English, `words` with spaces for underscores.
std::string InContext(const char* context, const std::string& id,
                      std::string_view words) {
  const std::string key = std::string(context) + '\004' + id;
  const char* translated = dgettext(kDomain, key.c_str());
  if (translated != key.c_str()) return translated;
  std::string english(words);
  std::ranges::replace(english, '_', ' ');
  return english;
}

}  // namespace

errors::Language ChooseLanguage(std::string_view asked,
                                const Surroundings& surroundings) {
  if (!asked.empty()) return ByName(asked);
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const std::string value = surroundings.env(variable);
    if (!value.empty()) return ByName(value);
  }
  return errors::Language::kEnglish;
}

void UseLanguage(errors::Language language, const std::string& locale_folder) {
  current = language;
  // The language comes from LANGUAGE, so that no locale needs to be installed:
  // C.UTF-8 is always there, counts wide characters right, and is not "C", for
  // which gettext would not translate.
  std::setlocale(LC_ALL, "C.UTF-8");
  setenv("LANGUAGE", language == errors::Language::kChinese ? "zh_CN" : "en",
         /*replace=*/1);
  bindtextdomain(kDomain, locale_folder.c_str());
  bind_textdomain_codeset(kDomain, "UTF-8");
  ++_nl_msg_cat_cntr;
}

errors::Language CurrentLanguage() { return current; }

const char* Translated(const char* english) {
  // The empty message is the catalogue's header.
  return *english == '\0' ? english : dgettext(kDomain, english);
}

std::string SayName(std::string_view name) {
  return InContext("name", std::string(name), name);
}

std::string SayEnum(const std::string& full_name, std::string_view short_name) {
  return InContext("enum", full_name, short_name);
}

std::string SayReason(std::string_view name) {
  const errors::Reason* reason = errors::FindReason(name);
  if (reason == nullptr) return std::string(name);
  return std::string(reason->text.In(current));
}

}  // namespace waystation::wayctl
