// SPDX-License-Identifier: Apache-2.0
// wayctl verify: questions about certificates, with their holders' codes
// (holder_code.cc), and about businesses.
#include <memory>
#include <string>

#include "client/wayctl/commands.h"
#include "client/wayctl/holder_code.h"
#include "client/wayctl/language.h"
#include "client/wayctl/values.h"
#include "waystation/v1/options.pb.h"
#include "waystation/v1/person.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

struct Question {
  std::string number;
  std::string predicate = "business_open";
  std::string purpose;
};

// "business_open, employer_insured": what person.proto declares.
std::string Predicates() {
  std::string names;
  const auto& person = *v1::Person::descriptor();
  for (int i = 0; i < person.field_count(); ++i) {
    for (const v1::Predicate& predicate :
         person.field(i)->options().GetExtension(v1::attribute).predicates()) {
      if (!predicate.about_business()) continue;
      if (!names.empty()) names += ", ";
      names += predicate.name();
    }
  }
  return names;
}

absl::Status Business(Session& session, const Question& question) {
  const auto purpose = EnumFrom<v1::Purpose>("--purpose", question.purpose);
  if (!purpose.ok()) return purpose.status();
  v1::AskAboutBusinessRequest request;
  request.set_number(question.number);
  request.set_predicate(question.predicate);
  request.set_purpose(*purpose);
  const auto response = session.registry().AskAboutBusiness(request);
  if (!response.ok()) return response.status();
  session.out().Show(
      *response,
      {.facts = {{"number", Say("Business"), request.number()},
                 {"predicate", Say("Question"),
                  Cell(SayName(request.predicate()), request.predicate())},
                 {"answer", Say("Answer"), AnswerCell(response->answer())},
                 {"as_of_time", Say("As of"),
                  TimeCell(response->as_of_time(), session.surroundings())}}});
  if (response->answer() == v1::PredicateAnswer::ANSWER_NO) session.Found();
  return absl::OkStatus();
}

}  // namespace

void AddVerify(Commands& commands) {
  CLI::App& noun = commands.Noun(
      "verify", Say("Questions about certificates and about businesses"));
  AddHolderCodeVerbs(commands, noun);
  const auto question = std::make_shared<Question>();
  CLI::App& business = commands.Verb(
      noun, "business",
      Say("Whether something holds of a business, by its number; the question "
          "is audited"),
      "wayctl verify business 91320505MA1N2Q335L "
      "--purpose social_insurance_transfer",
      Needs::kHub,
      [question](Session& session) { return Business(session, *question); });
  business
      .add_option("NUMBER", question->number,
                  Say("Unified social credit code, or registration number"))
      ->required();
  business
      .add_option("--question", question->predicate,
                  Say("One of $0", Predicates()))
      ->capture_default_str();
  business
      .add_option("--purpose", question->purpose,
                  Say("Why: $0", Choices<v1::Purpose>()))
      ->required();
}

}  // namespace waystation::wayctl
