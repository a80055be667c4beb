// SPDX-License-Identifier: Apache-2.0
// What the command line says of itself, in the reader's language. Reports and
// errors have both in the tables that they come from.
#ifndef WAYSTATION_ADAPTERS_HELP_WORDS_H_
#define WAYSTATION_ADAPTERS_HELP_WORDS_H_

#include <string>
#include <string_view>

#include "proto/errors/reason.h"

namespace CLI {
class App;
}

namespace waystation::adapters {

// By --lang among the arguments, the last one; else by the first of LC_ALL,
// LC_MESSAGES and LANG that is set; English when none says Chinese.
errors::Language ChooseLanguage(int argc, const char* const* argv);

class HelpWords {
 public:
  explicit HelpWords(errors::Language language) : language_(language) {}

  std::string operator()(std::string_view english,
                         std::string_view chinese) const {
    return std::string(errors::Words{english, chinese}.In(language_));
  }

  // What CLI11 itself writes into help. Of each command by itself, before its
  // options are added.
  void Use(CLI::App& app) const;

  errors::Language language() const { return language_; }

 private:
  errors::Language language_;
};

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_HELP_WORDS_H_
