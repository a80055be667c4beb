// SPDX-License-Identifier: Apache-2.0
// The manners of design 13: exit codes, questions, what may be on a command
// line and what may reach a terminal.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "google/rpc/status.pb.h"
#include "proto/errors/error.h"
#include "tests/unit/client/support/certificates.h"
#include "tests/unit/client/wayctl/harness.h"
#include "waystation/v1/audit_service.pb.h"
#include "waystation/v1/reconciliation_service.pb.h"
#include "waystation/v1/registry_service.pb.h"

namespace waystation::wayctl {
namespace {

using ::testing::AllOf;
using testing::FakeCall;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kShow = {"person", "show", "h", "--purpose",
                                        "employment_service"};

// --- exit codes ---

TEST(ExitCodes, FollowTheReason) {
  const struct {
    const char* name;
    absl::Status status;
    int code;
  } cases[] = {
      {"the hub's mistake", errors::Error("INTERNAL"), 1},
      {"a bad request", errors::Error("INVALID_REQUEST"), 2},
      {"a damaged row", errors::Error("STORE_DAMAGED"), 3},
      {"another role", errors::Error("WRONG_ROLE"), 4},
      {"a revoked certificate", errors::Error("CERTIFICATE_REVOKED"), 4},
      {"changed meanwhile", errors::Error("CHANGED_MEANWHILE"), 5},
      {"decided by another", errors::Error("DECISION_STANDS"), 5},
      {"not there or not to be known", errors::Error("NOT_AVAILABLE"), 6},
      {"going down", errors::Error("DRAINING"), 7},
      {"the queue is full", errors::Error("QUEUE_FULL"), 7},
      {"without a reason", absl::PermissionDeniedError("no"), 4},
  };
  Wayctl wayctl;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    wayctl.hub().On("RegistryService/GetPerson",
                    [&](FakeCall&) { return c.status; });
    const Outcome outcome = wayctl.Run(kShow);
    EXPECT_EQ(outcome.code, c.code);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("error: "));
  }
}

TEST(ExitCodes, OfTheCommandLine) {
  const struct {
    const char* name;
    std::vector<std::string> arguments;
    int code;
    const char* says;
  } cases[] = {
      {"nothing", {}, 2, "there is: record, person, conflict"},
      {"no such noun", {"conflct", "list"}, 2, "did you mean `conflict`"},
      {"no such verb", {"conflict", "lits"}, 2, "did you mean `list`"},
      {"no verb", {"conflict"}, 2, "there is: list, show, decide"},
      {"no id", {"conflict", "show"}, 2, "ID is missing"},
      {"an option before the noun",
       {"--context", "office", "conflct", "list"},
       2,
       "did you mean `conflict`"},
      {"no such option",
       {"conflict", "list", "--atribute", "name"},
       2,
       "did you mean `--attribute`"},
      {"no value", {"conflict", "list", "--attribute"}, 2, "needs a value"},
      {"no number", {"decision", "show", "four"}, 2, "NUMBER takes a number"},
      {"out of range",
       {"conflict", "list", "--limit", "-1"},
       2,
       "--limit is out of range"},
      {"both",
       {"conflict", "decide", "c", "--take", "A", "--claim", "c-1"},
       2,
       "do not go together"},
      {"too much", {"conflict", "show", "a", "b"}, 2, "Too much"},
      {"no such format", {"conflict", "list", "-o", "xml"}, 2, "xml"},
      {"no such purpose",
       {"person", "show", "h", "--purpose", "curiosity"},
       2,
       "employment_service"},
      {"no subject",
       {"person", "show", "--purpose", "employment_service"},
       2,
       "--record"},
      {"no such attribute",
       {"conflict", "list", "--attribute", "height"},
       2,
       "attribute"},
      {"no such context",
       {"hub", "status", "--context", "nobody"},
       2,
       "There is no context of this name (nobody)"},
      {"no such file", {"agreement", "check", "none.yaml"}, 6, "none.yaml"},
      {"help", {"--help"}, 0, ""},
      {"version", {"--version"}, 0, ""},
  };
  Wayctl wayctl;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Outcome outcome = wayctl.Run(c.arguments);
    EXPECT_EQ(outcome.code, c.code) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(c.says));
  }
}

TEST(ExitCodes, OfAHubThatIsNotThere) {
  Wayctl wayctl;
  wayctl.hub().Stop();
  const Outcome outcome = wayctl.Run(kShow);
  EXPECT_EQ(outcome.code, 7);
  EXPECT_THAT(outcome.err, HasSubstr("does not answer"));
}

TEST(ExitCodes, OfFindings) {
  Wayctl wayctl;
  v1::SubmitRecordResponse rejected;
  rejected.mutable_result()->set_outcome(v1::UpdateResult::OUTCOME_REJECTED);
  v1::Violation& violation = *rejected.mutable_result()->add_violations();
  violation.set_field("revision");
  violation.set_reason("REVISION_REUSED");
  wayctl.hub().Answer("RegistryService/SubmitRecord", rejected);
  const Outcome outcome =
      wayctl.Run({"record", "submit", Testdata("update.json"), "--yes"});
  EXPECT_EQ(outcome.code, 3);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("rejected"),
                                 HasSubstr("sent before with other content")));

  v1::MatchClaimResponse differs;
  differs.set_answer(v1::MatchClaimResponse::ANSWER_DIFFERS);
  wayctl.hub().Answer("RegistryService/MatchClaim", differs);
  EXPECT_EQ(wayctl
                .Run({"person", "match", "h", "--purpose",
                      "identity_confirmation", "--attribute", "name"},
                     {.input = "张小花\n"})
                .code,
            3);

  v1::AskAboutBusinessResponse closed;
  closed.set_answer(v1::PredicateAnswer::ANSWER_NO);
  wayctl.hub().Answer("RegistryService/AskAboutBusiness", closed);
  EXPECT_EQ(wayctl
                .Run({"verify", "business", "91350100M000100Y43", "--purpose",
                      "social_insurance_transfer"})
                .code,
            3);
}

// --- errors in the reader's language and for machines ---

TEST(Errors, SpeakTheReadersLanguage) {
  Wayctl wayctl;
  wayctl.hub().On("RegistryService/GetPerson",
                  [](FakeCall&) { return errors::Error("NOT_AVAILABLE"); });
  EXPECT_THAT(wayctl.Run(kShow).err,
              HasSubstr("error: What was asked for is not available"));
  EXPECT_THAT(wayctl.Run(kShow, {.language = "zh"}).err,
              HasSubstr("错误：所请求的内容不可用"));
  std::vector<std::string> asked = kShow;
  asked.insert(asked.end(), {"--lang", "zh"});
  EXPECT_THAT(wayctl.Run(asked).err, HasSubstr("错误"));
}

TEST(Errors, OfTheCommandLineAreJsonTooAndInChinese) {
  Wayctl wayctl;
  for (const char* format : {"-ojson", "--output=json"}) {
    const Outcome outcome = wayctl.Run({"conflict", "show", format});
    EXPECT_EQ(outcome.code, 2);
    google::rpc::Status status;
    EXPECT_TRUE(
        google::protobuf::util::JsonStringToMessage(outcome.err, &status).ok())
        << outcome.err;
    EXPECT_THAT(status.message(), HasSubstr("ID is missing"));
  }
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } cases[] = {
      {{"conflct"}, "没有“conflct”；是否指“conflict”？"},
      {{"conflict", "show"}, "缺少 ID"},
      {{"conflict", "list", "-o", "xml"},
       "--output 只能取 table,json,yaml,csv，不能取“xml”"},
      {{"decision", "show", "x"}, "NUMBER 须为数字"},
      {{"conflict", "show", "a", "b"}, "多余的内容：b"},
  };
  for (const auto& c : cases) {
    EXPECT_THAT(wayctl.Run(c.arguments, {.language = "zh"}).err,
                AllOf(HasSubstr(c.says), HasSubstr("--help")));
  }
}

TEST(Options, ThatRepeatLeaveArgumentsAlone) {
  Wayctl wayctl;
  const Outcome outcome = wayctl.Run(
      {"record", "show", "--reveal", "name", "--reveal", "sex", "LD-0001"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  // One that may be left out as well.
  const Outcome folder =
      wayctl.Run({"audit", "verify", "--checkpoint", wayctl.File("config.yaml"),
                  "no-such-folder"});
  EXPECT_EQ(folder.code, 6);
  EXPECT_THAT(folder.err, HasSubstr("no-such-folder/"));
}

TEST(Errors, AreTheApisMessageInJson) {
  Wayctl wayctl;
  wayctl.hub().On("RegistryService/GetPerson", [](FakeCall&) {
    return errors::Error("INVALID_REQUEST",
                         {.field = "purpose", .rule = "required"});
  });
  std::vector<std::string> arguments = kShow;
  arguments.insert(arguments.end(), {"-o", "json"});
  const Outcome outcome = wayctl.Run(arguments);
  google::rpc::Status status;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(outcome.err, &status).ok())
      << outcome.err;
  EXPECT_EQ(status.code(), 3);
  EXPECT_EQ(status.details_size(), 2);
}

// --- questions ---

TEST(Questions, WithoutATerminalAreAUsageError) {
  const std::vector<std::vector<std::string>> commands = {
      {"conflict", "decide", "cf-7k2m"},
      {"conflict", "decide", "cf-7k2m", "--take", "A"},
      {"conflict", "decide", "cf-7k2m", "--take", "A", "--reason", "seen"},
      {"candidate", "decide", "cd-2"},
      {"decision", "undo", "4", "--reason", "wrong"},
      {"cert", "revoke", "5f01", "--reason", "lost"},
      {"record", "submit", Testdata("update.json")},
      {"person", "match", "h", "--purpose", "identity_confirmation",
       "--attribute", "name"},
  };
  Wayctl wayctl;
  for (const std::vector<std::string>& command : commands) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const Outcome outcome = wayctl.Run(command);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("no terminal"));
  }
}

TEST(Questions, ChangeNothingWhenAnsweredWithNo) {
  Wayctl wayctl;
  for (const char* answer : {"n\n", "\n", "maybe\n", ""}) {
    const Outcome outcome =
        wayctl.Run({"decision", "undo", "4", "--reason", "wrong"},
                   {.input = answer, .in_is_terminal = true});
    EXPECT_EQ(outcome.code, 1);
    EXPECT_THAT(outcome.err, HasSubstr("Nothing was done"));
    EXPECT_EQ(outcome.out, "");
  }
  // Each asked the hub what would be, and no more.
  EXPECT_EQ(wayctl.hub().calls().size(), 4U);
}

// A clerk's way from the list to the decision and back, typing what is asked.
TEST(Questions, LeadAClerkFromConflictToDecisionToUndo) {
  Wayctl wayctl;
  const Outcome list = wayctl.Run({"conflict", "list"});
  EXPECT_THAT(list.err, HasSubstr("wayctl conflict show ID"));
  const Outcome show = wayctl.Run({"conflict", "show", "cf-7k2m"});
  EXPECT_THAT(show.err, HasSubstr("wayctl conflict decide cf-7k2m"));

  std::vector<v1::DecideRequest> requests;
  wayctl.hub().On("ReconciliationService/Decide", [&](FakeCall& call) {
    v1::DecideRequest request;
    call.Read(request);
    requests.push_back(request);
    v1::DecideResponse response;
    v1::Decision& decision = *response.mutable_decision();
    decision.set_number(4);
    decision.set_kind(request.kind());
    decision.set_subject(request.subject());
    decision.set_attribute("birth_date");
    v1::DecisionEffect& effect = *response.mutable_effect();
    effect.mutable_after()->mutable_birth_date()->mutable_date()->set_year(
        1990);
    effect.add_recipients("labor.320500");
    call.Write(response);
    return absl::OkStatus();
  });
  const Outcome decide =
      wayctl.Run({"conflict", "decide", "cf-7k2m"},
                 {.input = "b\ncard read again\ny\n", .in_is_terminal = true});
  EXPECT_EQ(decide.code, 0) << decide.err;
  EXPECT_THAT(decide.err, AllOf(HasSubstr("public_security.341200"),
                                HasSubstr("Which value shall stand"),
                                HasSubstr("Reason (no personal values)"),
                                HasSubstr("Will be told  labor.320500"),
                                HasSubstr("Record this decision? [y/N]"),
                                HasSubstr("wayctl decision undo 4")));
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_TRUE(requests[0].validate_only());
  EXPECT_FALSE(requests[1].validate_only());
  EXPECT_EQ(requests[1].subject(), "cf-7k2m");
  EXPECT_EQ(requests[1].claim(), "c-3");
  EXPECT_EQ(requests[1].reason(), "card read again");
  EXPECT_EQ(requests[1].etag(), "e1");

  const Outcome undo =
      wayctl.Run({"decision", "undo", "4"},
                 {.input = "the wrong card\ny\n", .in_is_terminal = true});
  EXPECT_EQ(undo.code, 0) << undo.err;
  EXPECT_THAT(undo.err, HasSubstr("Take this decision back? [y/N]"));
  EXPECT_THAT(undo.out, HasSubstr("undone"));
}

TEST(Questions, AreAnsweredByOptionsInScripts) {
  Wayctl wayctl;
  std::vector<v1::DecideRequest> requests;
  wayctl.hub().On("ReconciliationService/Decide", [&](FakeCall& call) {
    v1::DecideRequest request;
    call.Read(request);
    requests.push_back(request);
    call.Write(v1::DecideResponse());
    return absl::OkStatus();
  });
  EXPECT_EQ(wayctl
                .Run({"conflict", "decide", "cf-7k2m", "--take", "A",
                      "--reason", "seen", "--yes"})
                .code,
            0);
  EXPECT_EQ(wayctl
                .Run({"candidate", "decide", "cd-2", "--different", "--reason",
                      "seen", "--yes"})
                .code,
            0);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].claim(), "c-1");
  EXPECT_EQ(requests[1].kind(), v1::Decision::KIND_DIFFERENT);
  EXPECT_EQ(requests[1].etag(), "e3");
}

// Who types a wrong letter is asked again, and what was seen must still stand.
TEST(Questions, AskAgainForALetterThatIsNotThere) {
  Wayctl wayctl;
  const Outcome outcome =
      wayctl.Run({"conflict", "decide", "cf-7k2m", "--reason", "seen"},
                 {.input = "Z\nA\nn\n", .in_is_terminal = true});
  EXPECT_EQ(outcome.code, 1) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("one of A, B"),
                                 HasSubstr("Record this decision?"),
                                 Not(HasSubstr("error"))));
}

TEST(Questions, AreNotAskedAboutWhatHasChangedSince) {
  Wayctl wayctl;
  const Outcome outcome =
      wayctl.Run({"conflict", "decide", "cf-7k2m", "--take", "A", "--reason",
                  "seen", "--etag", "another", "--yes"});
  EXPECT_EQ(outcome.code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("has changed since"));
  EXPECT_THAT(wayctl.hub().calls(),
              Not(::testing::Contains("ReconciliationService/Decide")));
}

TEST(Questions, AreNotAskedAboutWhatIsDecided) {
  Wayctl wayctl;
  v1::GetConflictResponse decided;
  decided.mutable_conflict()->set_id("cf-7k2m");
  decided.mutable_conflict()->set_attribute("birth_date");
  decided.set_why("DECIDED");
  decided.add_groups()->add_claims()->set_id("c-1");
  decided.add_earlier_decisions(4);
  wayctl.hub().Answer("ReconciliationService/GetConflict", decided);
  const Outcome decide =
      wayctl.Run({"conflict", "decide", "cf-7k2m"}, {.in_is_terminal = true});
  EXPECT_EQ(decide.code, 5);
  EXPECT_THAT(decide.err, AllOf(HasSubstr("decided already (decision 4)"),
                                HasSubstr("wayctl decision show NUMBER")));
  const Outcome show = wayctl.Run({"conflict", "show", "cf-7k2m"});
  EXPECT_THAT(show.out, HasSubstr("Why it is settled"));
  EXPECT_THAT(show.err, HasSubstr("wayctl decision undo 4"));
}

TEST(Ids, MayBeShortened) {
  Wayctl wayctl;
  v1::ListConflictsResponse page;
  page.add_conflicts()->set_id("c-aaaabbbb");
  page.add_conflicts()->set_id("c-aaaacccc");
  wayctl.hub().Answer("ReconciliationService/ListConflicts", page);
  std::string asked;
  wayctl.hub().On("ReconciliationService/GetConflict", [&](FakeCall& call) {
    v1::GetConflictRequest request;
    call.Read(request);
    asked = request.id();
    return errors::Error("NOT_AVAILABLE");
  });
  EXPECT_EQ(wayctl.Run({"conflict", "show", "c-aaaab"}).code, 6);
  EXPECT_EQ(asked, "c-aaaabbbb");
  const Outcome several = wayctl.Run({"conflict", "show", "c-aaaa"});
  EXPECT_EQ(several.code, 2);
  EXPECT_THAT(several.err, HasSubstr("several begin so"));
  // One that is settled is in no list.
  EXPECT_EQ(wayctl.Run({"conflict", "show", "c-zzzz"}).code, 6);
  EXPECT_EQ(asked, "c-zzzz");
}

TEST(Questions, RefuseALetterThatIsNotThere) {
  Wayctl wayctl;
  const Outcome outcome = wayctl.Run({"conflict", "decide", "cf-7k2m", "--take",
                                      "C", "--reason", "seen", "--yes"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("one of A, B"));
}

// --- personal values ---

// The sample number of generated people; real ones are refused as well.
constexpr char kNumber[] = "034105199003070424";

TEST(PersonalValues, AreNotTakenFromTheCommandLine) {
  Wayctl wayctl;
  for (const std::string number : {kNumber, "11010519491231002X"}) {
    const std::vector<std::vector<std::string>> commands = {
        {"record", "show", number},
        {"decision", "undo", "4", "--reason", "it was " + number + "'s card"},
        {"person", "show", "--record=" + number},
        {"record", "show", number, "-o", "json"}};
    for (const std::vector<std::string>& command : commands) {
      const Outcome outcome = wayctl.Run(command);
      EXPECT_EQ(outcome.code, 2);
      EXPECT_THAT(outcome.err,
                  AllOf(HasSubstr("not taken from the command line"),
                        Not(HasSubstr(number))));
    }
  }
  EXPECT_TRUE(wayctl.hub().calls().empty());
}

// Of 15 digits: the seventh to the twelfth spell 1 May 1990.
TEST(PersonalValues, AreNotSeenInTheUnitOfAGrid) {
  constexpr char kUnit[] = "320505900501001";
  const auto is_refused = [&](std::vector<std::string> command) {
    Wayctl wayctl;
    const Outcome outcome = wayctl.Run(command);
    return outcome.err.find("not taken from the command line") !=
           std::string::npos;
  };
  const std::vector<std::string> send = {"notice",
                                         "send",
                                         "residence",
                                         "--record",
                                         "R-1",
                                         "--about",
                                         "name",
                                         "--purpose",
                                         "residence_registration",
                                         "--sector",
                                         "public_security",
                                         "--yes"};
  auto apart = send;
  apart.insert(apart.end(), {"--division", kUnit});
  EXPECT_FALSE(is_refused(apart));
  auto together = send;
  together.push_back(std::string("--division=") + kUnit);
  EXPECT_FALSE(is_refused(together));
  EXPECT_FALSE(is_refused({"service", "nearest", kUnit}));
  // Anywhere else it may be somebody.
  EXPECT_TRUE(is_refused({"record", "show", kUnit}));
  EXPECT_TRUE(is_refused({"person", "show", "--record", kUnit}));
  EXPECT_TRUE(is_refused({"service", "nearest", "320505", kUnit}));
  auto whole = send;
  whole.insert(whole.end(), {"--division", kNumber});
  EXPECT_TRUE(is_refused(whole));
}

TEST(PersonalValues, AreTypedUnseenOrPipedIn) {
  Wayctl wayctl;
  std::vector<v1::MatchClaimRequest> requests;
  wayctl.hub().On("RegistryService/MatchClaim", [&](FakeCall& call) {
    v1::MatchClaimRequest request;
    call.Read(request);
    requests.push_back(request);
    v1::MatchClaimResponse response;
    response.set_answer(v1::MatchClaimResponse::ANSWER_MATCH);
    call.Write(response);
    return absl::OkStatus();
  });
  const std::vector<std::string> match = {
      "person",      "match",      "--record",
      "LD-0001",     "--purpose",  "identity_confirmation",
      "--attribute", "identifiers"};
  const std::string line = std::string(kNumber) + "\n";
  const Outcome typed =
      wayctl.Run(match, {.input = line, .in_is_terminal = true});
  EXPECT_EQ(typed.code, 0) << typed.err;
  EXPECT_TRUE(typed.hid_typing);
  EXPECT_FALSE(typed.hid_too_late) << "an answer may come at once";
  EXPECT_TRUE(typed.shows_typing) << "left as it was found";
  EXPECT_THAT(typed.out + typed.err, Not(HasSubstr(kNumber)));
  const Outcome piped = wayctl.Run(match, {.input = line});
  EXPECT_EQ(piped.code, 0) << piped.err;
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].offered().identifiers(0).number(), kNumber);
  EXPECT_EQ(requests[0].record_key(), "LD-0001");
  EXPECT_EQ(requests[1].SerializeAsString(), requests[0].SerializeAsString());
}

TEST(PersonalValues, OfferedInTheShapeOfTheirAttribute) {
  Wayctl wayctl;
  v1::MatchClaimRequest request;
  wayctl.hub().On("RegistryService/MatchClaim", [&](FakeCall& call) {
    call.Read(request);
    call.Write(v1::MatchClaimResponse());
    return absl::OkStatus();
  });
  const struct {
    const char* attribute;
    const char* typed;
    const char* offered;
  } cases[] = {
      {"name", "张小花", R"(name { full: "张小花" })"},
      {"birth_date", "1990-03", "birth_date { date { year: 1990 month: 3 } }"},
      {"sex", "female", "sex { value: SEX_FEMALE }"},
      {"residence", R"({"division":"320505"})",
       R"(residence { division: "320505" })"},
      {"training", R"({"course":"W01"})", R"(training { course: "W01" })"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.attribute);
    const Outcome outcome =
        wayctl.Run({"person", "match", "h", "--purpose",
                    "identity_confirmation", "--attribute", c.attribute},
                   {.input = std::string(c.typed) + "\n"});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    v1::Person want;
    ASSERT_TRUE(
        google::protobuf::TextFormat::ParseFromString(c.offered, &want));
    EXPECT_EQ(request.offered().SerializeAsString(), want.SerializeAsString());
  }
}

TEST(PersonalValues, CannotMoveTheCursorOrTurnTheDirection) {
  Wayctl wayctl;
  for (const char* format : {"table", "csv", "yaml", "json"}) {
    SCOPED_TRACE(format);
    std::vector<std::string> arguments = kShow;
    arguments.insert(arguments.end(), {"--reveal", "name", "-o", format});
    const Outcome outcome =
        wayctl.Run(arguments, {.out_is_terminal = true, .width = 200});
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("欧阳"), Not(HasSubstr("\x1b")),
                                   Not(HasSubstr("\u202e"))));
  }
}

TEST(Colors, AreForTerminalsThatWantThem) {
  Wayctl wayctl;
  const Typed colored = {
      .out_is_terminal = true, .width = 200, .no_color = false};
  EXPECT_THAT(wayctl.Run({"conflict", "list"}, colored).out,
              HasSubstr("\x1b["));
  Typed plain = colored;
  plain.no_color = true;
  EXPECT_THAT(wayctl.Run({"conflict", "list"}, plain).out,
              Not(HasSubstr("\x1b[")));
}

// --- files ---

TEST(Submit, TakesOneSeveralOrOneALine) {
  Wayctl wayctl;
  wayctl.hub().On("RegistryService/SubmitRecords", [](FakeCall& call) {
    v1::SubmitRecordsRequest request;
    while (call.Read(request)) {
      v1::SubmitRecordsResponse response;
      response.set_frame_number(request.frame_number());
      for (int i = 0; i < request.frame().updates_size(); ++i) {
        response.add_results()->set_outcome(v1::UpdateResult::OUTCOME_APPLIED);
      }
      call.Write(response);
    }
    return absl::OkStatus();
  });
  const std::string one =
      R"({"recordKey":"A","revision":1,"claims":{"name":{"full":"张"}}})";
  const std::string two =
      R"({"recordKey":"B","revision":2,"claims":{"name":{"full":"李"}}})";
  const struct {
    const char* name;
    std::string input;
    int code;
    const char* shows;
  } cases[] = {
      {"one", one, 0, "LD"},
      {"an array", "[" + one + "," + two + "]", 0, "B"},
      {"one a line", one + "\n\n" + two + "\n", 0, "B"},
      {"nothing", " \n", 2, ""},
      {"no JSON", "{", 2, ""},
      {"no update", R"([{"colour":"red"}])", 2, ""},
      {"a bad line", one + "\n{\n", 2, ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Outcome outcome =
        wayctl.Run({"record", "submit", "--yes"}, {.input = c.input});
    EXPECT_EQ(outcome.code, c.code) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("red")));
    if (c.code == 0 && std::string(c.name) != "one") {
      EXPECT_THAT(outcome.out, AllOf(HasSubstr("A"), HasSubstr("B")));
    }
  }
}

TEST(Submit, SaysWhyOneWasNotTaken) {
  Wayctl wayctl;
  wayctl.hub().On("RegistryService/SubmitRecord", [](FakeCall& call) {
    v1::SubmitRecordResponse response;
    v1::UpdateResult& result = *response.mutable_result();
    result.set_outcome(v1::UpdateResult::OUTCOME_REJECTED);
    v1::Violation& revision = *result.add_violations();
    revision.set_field("revision");
    revision.set_reason("REVISION_MISSING");
    revision.set_rule("at least 1");
    v1::Violation& mask = *result.add_violations();
    mask.set_field("mask");
    mask.set_reason("NOTHING_CLAIMED");
    call.Write(response);
    return absl::OkStatus();
  });
  const Outcome outcome = wayctl.Run({"record", "submit", "--yes"},
                                     {.input = R"({"recordKey":"A"})"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("revision: The revision is 0 (at least 1); mask: The "
                        "update names no attribute and retracts nothing"));
}

TEST(Agreement, ErrorsNameTheLine) {
  Wayctl wayctl;
  testing::WriteFile(wayctl.File("a.yaml"),
                     "id: labor\n"
                     "version: 1\n"
                     "grants:\n"
                     "  - source_sector: health\n"
                     "    attribute: name\n"
                     "    form: value\n");
  wayctl.hub().On("AdminService/ApplyAgreement", [](FakeCall&) {
    return errors::Error(
        "OVER_CEILING",
        {.violations = {{"agreement.grants[0].form", "never"},
                        {"agreement.legal_basis", "PIPL art. 13"}}});
  });
  const std::vector<std::string> apply = {"agreement", "apply",
                                          wayctl.File("a.yaml"), "--yes"};
  const Outcome outcome = wayctl.Run(apply);
  EXPECT_EQ(outcome.code, 4);
  EXPECT_THAT(outcome.err,
              AllOf(HasSubstr("a.yaml:6:5 grants[0].form: never\n"),
                    HasSubstr("a.yaml legal_basis: PIPL art. 13\n")));
  std::vector<std::string> as_json = apply;
  as_json.insert(as_json.end(), {"-o", "json"});
  google::rpc::Status status;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  wayctl.Run(as_json).err, &status)
                  .ok());
  EXPECT_EQ(status.code(), 9);

  testing::WriteFile(wayctl.File("b.yaml"), "id: labor\nfrom: today\n");
  const Outcome unknown =
      wayctl.Run({"agreement", "check", wayctl.File("b.yaml")});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("b.yaml:2:"),
                                 HasSubstr("cannot be applied as it is")));
}

TEST(Audit, FiltersAreTheHubs) {
  Wayctl wayctl;
  v1::ListEventsRequest request;
  wayctl.hub().On("AuditService/ListEvents", [&](FakeCall& call) {
    call.Read(request);
    call.Write(v1::ListEventsResponse());
    return absl::OkStatus();
  });
  EXPECT_EQ(wayctl
                .Run({"audit", "list", "--kind", "administration", "--agency",
                      "labor.320500", "--actor", "operator/li", "--act",
                      "agreement.apply", "--object", "labor-transfer", "--from",
                      "2026-11-24", "--until", "2026-11-24 08:30"})
                .code,
            0);
  v1::ListEventsRequest want;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(kind: KIND_ADMINISTRATION agency: "labor.320500"
         actor: "operator/li" act: "agreement.apply" object: "labor-transfer"
         from_time { seconds: 1795449600 } until_time { seconds: 1795480200 })",
      &want));
  EXPECT_EQ(request.DebugString(), want.DebugString());
}

TEST(Key, IsMadeHereAndNamed) {
  Wayctl wayctl;
  const Outcome made =
      wayctl.Run({"key", "new", wayctl.File("witness.pem"), "--key-id", "2026",
                  "--witness", "labor.320500"});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("labor.320500+"));
  EXPECT_THAT(made.err, HasSubstr("witness_keys"));
  const Outcome again = wayctl.Run({"key", "new", wayctl.File("witness.pem")});
  EXPECT_EQ(again.code, 5) << again.err;
  const Outcome shown =
      wayctl.Run({"key", "show", wayctl.File("witness.pem"), "--key-id", "2026",
                  "--witness", "labor.320500"});
  EXPECT_EQ(shown.out, made.out);
  const Outcome signing =
      wayctl.Run({"key", "show", wayctl.File("witness.pem"), "-o", "json"});
  EXPECT_THAT(signing.out, HasSubstr("\"publicKey\""));
  EXPECT_THAT(signing.err, HasSubstr("signing_keys"));
  EXPECT_EQ(wayctl.Run({"key", "show", wayctl.File("none.pem")}).code, 1);
}

TEST(Audit, WitnessesAndProofsAreAskedForProperly) {
  Wayctl wayctl;
  const struct {
    std::vector<std::string> arguments;
    std::string says;
  } cases[] = {
      {{"audit", "prove"}, "--record KEY"},
      {{"audit", "prove", "7", "--record", "K"}, "--record KEY"},
      {{"audit", "checkpoint", "--quorum", "2"}, "--witness-key"},
      {{"audit", "checkpoint", "--quorum", "0"}, "--quorum"},
      {{"audit", "checkpoint", "--witness-key", "none"}, "--witness-key"},
      {{"audit", "verify-proof", wayctl.File("config.yaml")}, "config.yaml"},
      {{"audit", "verify-evidence", wayctl.File("config.yaml")}, "config.yaml"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.says);
    const Outcome outcome = wayctl.Run(c.arguments);
    EXPECT_EQ(outcome.code, 2) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(c.says));
  }
}

TEST(Cert, RequestIsMadeHereAndInspected) {
  Wayctl wayctl;
  const Outcome made =
      wayctl.Run({"cert", "request", "--identity", "agency/labor.320500",
                  "--out", wayctl.File("new")});
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(testing::ReadFile(wayctl.File("new.csr")),
              HasSubstr("BEGIN CERTIFICATE REQUEST"));
  EXPECT_THAT(testing::ReadFile(wayctl.File("new.key")),
              HasSubstr("BEGIN PRIVATE KEY"));
  // A key is never overwritten.
  EXPECT_NE(wayctl
                .Run({"cert", "request", "--identity", "agency/labor.320500",
                      "--out", wayctl.File("new")})
                .code,
            0);

  const Outcome good =
      wayctl.Run({"cert", "inspect", wayctl.File("client.pem")});
  EXPECT_THAT(good.out,
              HasSubstr("spiffe://waystation.example/agency/labor.320500"));
  const Outcome authority =
      wayctl.Run({"cert", "inspect", wayctl.File("ca.pem")});
  EXPECT_EQ(authority.code, 3);
  EXPECT_THAT(authority.out, HasSubstr("It is an authority's"));
}

TEST(Config, SwitchesContextsAndKeepsTheRestOfTheFile) {
  Wayctl wayctl;
  testing::WriteFile(wayctl.File("config.yaml"),
                     "# mine\n"
                     "current_context: a\n"
                     "contexts:\n"
                     "  - name: a\n"
                     "  - name: b  # the other\n");
  EXPECT_EQ(wayctl.Run({"config", "use", "b"}).code, 0);
  EXPECT_EQ(testing::ReadFile(wayctl.File("config.yaml")),
            "# mine\n"
            "current_context: b\n"
            "contexts:\n"
            "  - name: a\n"
            "  - name: b  # the other\n");
  EXPECT_EQ(wayctl.Run({"config", "use", "c"}).code, 2);
  EXPECT_THAT(wayctl.Run({"config", "list", "-o", "csv"}).out,
              HasSubstr("true,b"));
  const Outcome typo = [&] {
    testing::WriteFile(wayctl.File("config.yaml"), "contextz:\n  - name: a\n");
    return wayctl.Run({"config", "list"});
  }();
  EXPECT_EQ(typo.code, 2);
  EXPECT_THAT(typo.err, HasSubstr("config.yaml:1:1"));
}

TEST(Config, FlagsGoOverTheContext) {
  Wayctl wayctl;
  const Outcome outcome =
      wayctl.Run({"config", "show", "--hub", "a:1", "--hub", "b:2", "--cert",
                  "mine.pem", "-o", "csv"});
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\"a:1, b:2\""), HasSubstr("cert,mine.pem"),
                    HasSubstr("ca," + wayctl.File("ca.pem"))));
}

TEST(Completion, OffersWhatTheGrammarHas) {
  Wayctl wayctl;
  const struct {
    std::vector<std::string> words;
    const char* offers;
  } cases[] = {
      {{"con"}, "conflict\nconfig\n"},
      {{"conflict", ""}, "list\nshow\ndecide\n"},
      {{"decision", "u"}, "undo\n"},
      {{"conflict", "decide", "--va"}, "--value\n"},
      {{"conflict", "list", "-o", "j"}, "json\n"},
      {{"conflict", "list", "--lang", ""}, "zh\nen\n"},
      {{"conflict", "list", "--output", "=", "y"}, "yaml\n"},
      {{"conflict", "list", "--output", "="}, "table\njson\nyaml\ncsv\n"},
      {{"conflict", "list", "--attribute", "birth"}, "birth_date\n"},
      {{"person", "show", "--purpose", "ident"}, "identity_confirmation\n"},
      {{"audit", "list", "--kind", "un"}, "undo\n"},
      {{"--context", ""}, "office\n"},
      {{"config", "use", "of"}, "office\n"},
      {{"conflict", "decide", "--he"}, "--help\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::PrintToString(c.words));
    std::vector<std::string> arguments = {"__complete"};
    arguments.insert(arguments.end(), c.words.begin(), c.words.end());
    EXPECT_EQ(wayctl.Run(arguments).out, c.offers);
  }
  EXPECT_THAT(wayctl.Run({"completion", "bash"}).out,
              HasSubstr("complete -o default -F _wayctl wayctl"));
}

TEST(Mailbox, AcknowledgesOnlyWhatWasShown) {
  Wayctl wayctl;
  const Outcome outcome = wayctl.Run(
      {"mailbox", "pull", "--purpose", "residence_registration", "--ack"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(wayctl.hub().calls(),
            (std::vector<std::string>{"MailboxService/Pull",
                                      "MailboxService/Acknowledge"}));
  const Outcome shown =
      wayctl.Run({"mailbox", "pull", "--purpose", "residence_registration"});
  EXPECT_THAT(shown.err, HasSubstr("wayctl mailbox ack t2"));
}

TEST(Lists, ReadPageAfterPageUpToTheLimit) {
  Wayctl wayctl;
  wayctl.hub().On("RegistryService/ListRecords", [](FakeCall& call) {
    v1::ListRecordsRequest request;
    call.Read(request);
    const int first =
        request.page_token().empty() ? 0 : std::stoi(request.page_token());
    const int size = request.page_size() == 0 ? 3 : request.page_size();
    v1::ListRecordsResponse response;
    for (int i = first; i < std::min(first + size, 10); ++i) {
      response.add_records()->set_record_key("R" + std::to_string(i));
    }
    if (first + size < 10) {
      response.set_next_page_token(std::to_string(first + size));
    }
    call.Write(response);
    return absl::OkStatus();
  });
  const auto lines = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-o", "csv"});
    const std::string out = wayctl.Run(arguments).out;
    return std::count(out.begin(), out.end(), '\n');
  };
  EXPECT_EQ(lines({"record", "list"}), 11);
  EXPECT_EQ(lines({"record", "list", "--limit", "4"}), 5);
  const std::string json = wayctl.Run({"record", "list", "-o", "json"}).out;
  EXPECT_THAT(json, AllOf(HasSubstr("R0"), HasSubstr("R9"),
                          Not(HasSubstr("nextPageToken"))));
}

}  // namespace
}  // namespace waystation::wayctl
