// SPDX-License-Identifier: Apache-2.0
#include "proto/language/language.h"

#include <libintl.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <filesystem>
#include <system_error>

// Tells gettext that what it has looked up is out of date; its manual names it.
extern "C" int _nl_msg_cat_cntr;  // NOLINT(bugprone-reserved-identifier)

namespace waystation::language {
namespace {

constexpr char kDomain[] = "waystation";
constexpr std::string_view kOption = "--lang";

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

// What --lang says; empty if nothing does.
std::string_view Asked(int argc, const char* const* argv) {
  std::string_view asked;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == kOption && i + 1 < argc) {
      asked = argv[i + 1];
    } else if (argument.starts_with(kOption) &&
               argument.substr(kOption.size()).starts_with('=')) {
      asked = argument.substr(kOption.size() + 1);
    }
  }
  return asked;
}

}  // namespace

errors::Language Choose(
    std::string_view asked,
    const std::function<std::string(const char* name)>& environment) {
  if (!asked.empty()) return ByName(asked);
  for (const char* variable : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const std::string value = environment(variable);
    if (!value.empty()) return ByName(value);
  }
  return errors::Language::kEnglish;
}

errors::Language Choose(int argc, const char* const* argv) {
  return Choose(Asked(argc, argv), [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  });
}

void Use(errors::Language language, const std::string& locale_folder) {
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

errors::Language Current() { return current; }

std::string LocaleFolder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/usr/share/locale"
               : program.parent_path().parent_path() / "share" / "locale";
}

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

}  // namespace waystation::language
