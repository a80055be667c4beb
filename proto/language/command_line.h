// SPDX-License-Identifier: Apache-2.0
// Help and complaints about a command line, in the reader's language.
#ifndef WAYSTATION_PROTO_LANGUAGE_COMMAND_LINE_H_
#define WAYSTATION_PROTO_LANGUAGE_COMMAND_LINE_H_

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

namespace waystation::language {

// What is wrong with the command line that `app` could not parse, as one
// sentence.
std::string UsageText(const CLI::App& app, const CLI::ParseError& error);

// "wayctl conflict show", as far as the words were understood.
std::string Understood(const CLI::App& app);

// `next` is what follows the options, such as "VERB".
std::shared_ptr<CLI::Formatter> MakeFormatter(const std::string& next);

// Help of a program or a command of it: formatter, headings, help flag. Before
// its options are added.
void SpeakIn(CLI::App& app, const std::string& next);

// --lang, which Choose() has read: here it is checked.
CLI::Option& AddLanguage(CLI::App& app);

// Prints help, or what is wrong and which help says more; the exit code.
int ReportUsage(const CLI::App& app, const CLI::ParseError& error);

}  // namespace waystation::language

#endif  // WAYSTATION_PROTO_LANGUAGE_COMMAND_LINE_H_
