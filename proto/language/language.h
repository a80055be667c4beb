// SPDX-License-Identifier: Apache-2.0
// What our programs say, in the reader's language. English stands in the code;
// po/ holds the rest and is compiled by msgfmt. What errors say has a table of
// its own, in proto/errors: it comes over the wire.
#ifndef WAYSTATION_PROTO_LANGUAGE_LANGUAGE_H_
#define WAYSTATION_PROTO_LANGUAGE_LANGUAGE_H_

#include <functional>
#include <string>
#include <string_view>

#include "absl/strings/substitute.h"
#include "proto/errors/reason.h"

namespace waystation::language {

// By `asked` ("zh" or "en"), else by the first of LC_ALL, LC_MESSAGES and LANG
// that is set; English when none says Chinese.
errors::Language Choose(
    std::string_view asked,
    const std::function<std::string(const char* name)>& environment);

// By --lang among the arguments, the last one, else by the environment of the
// process; looked for before the command line is parsed, since it is needed to
// say that it cannot be.
errors::Language Choose(int argc, const char* const* argv);

// For all that is said from here on. `locale_folder` holds
// <language>/LC_MESSAGES/waystation.mo.
void Use(errors::Language language, const std::string& locale_folder);
errors::Language Current();

// Beside the program, in a build tree as well as where it is installed:
// bin/ and share/locale.
std::string LocaleFolder();

// The message in the language of use.
const char* Translated(const char* english);

// The same with $0, $1 and so on replaced, in the order that the language
// wants.
inline std::string Say(const char* english) { return Translated(english); }

template <typename... Values>
std::string Say(const char* english, const Values&... values) {
  return absl::Substitute(Translated(english), values...);
}

// A name that stands in a proto, such as "birth_date", or the sector "labor";
// in English with spaces for underscores. Catalogues have it under msgctxt
// "name", which keeps it apart from sentences that are spelled alike.
std::string SayName(std::string_view name);

// The value of an enum by its full name, "FORM_MATCH", under msgctxt "enum";
// `short_name` with spaces for underscores if the catalogue has none.
std::string SayEnum(const std::string& full_name, std::string_view short_name);

// A reason of the table as a sentence; the name itself when it has none.
std::string SayReason(std::string_view name);

}  // namespace waystation::language

#endif  // WAYSTATION_PROTO_LANGUAGE_LANGUAGE_H_
