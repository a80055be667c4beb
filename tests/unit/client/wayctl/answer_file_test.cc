// SPDX-License-Identifier: Apache-2.0
// Files of answers as spreadsheets, editors and scripts write them.
#include "client/wayctl/answer_file.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "proto/errors/error.h"

namespace waystation::wayctl {
namespace {

// "line id kind-or-claim reason etag", of a proposal "line number answer
// reason", or "line: REASON" for a row with a defect.
std::vector<std::string> Read(std::string_view text) {
  const auto answers = ReadAnswers(text);
  if (!answers.ok()) return {std::string(errors::ReasonOf(answers.status()))};
  std::vector<std::string> lines;
  for (const Answer& answer : *answers) {
    const v1::DecideRequest& request = answer.request;
    std::string line = std::to_string(answer.line);
    if (!answer.status.ok()) {
      line += ": " + std::string(errors::ReasonOf(answer.status));
    } else if (answer.settle.number() != 0) {
      line += " " + std::to_string(answer.settle.number()) + " " +
              v1::SettleProposalRequest::Answer_Name(answer.settle.answer())
                  .substr(7) +
              " " + answer.settle.reason();
    } else {
      line += " " + request.subject() + " ";
      line += request.kind() == v1::Decision::KIND_CHOOSE_CLAIM
                  ? request.claim()
                  : v1::Decision::Kind_Name(request.kind()).substr(5);
      line += " " + request.reason() + " " + request.etag();
    }
    lines.push_back(line);
  }
  return lines;
}

TEST(AnswerFile, ReadsWhatPeopleWrite) {
  const struct {
    std::string_view name;
    std::string_view text;
    std::vector<std::string> want;
  } cases[] = {
      {"each answer",
       "id,answer,reason,etag\n"
       "k-1,same,seen,e1\nk-2,different,seen,e2\nk-3,unsure,lost,e3\n"
       "c-4,l-77,read,e4\n",
       {"2 k-1 SAME seen e1", "3 k-2 DIFFERENT seen e2", "4 k-3 UNSURE lost e3",
        "5 c-4 l-77 read e4"}},
      {"left open, or a value of the row's attribute",
       "id,answer,reason,etag,attribute\n"
       "c-1,keep-open,x,e1,sex\nc-2,value=1990-05-05,x,e2,birth_date\n"
       "c-3,value=some day,x,e3,birth_date\nc-4,value=male,x,e4,\n",
       {"2 c-1 KEEP_OPEN x e1", "3 c-2 SET_VALUE x e2", "4: USAGE",
        "5: FIELD_MISSING"}},
      {"what waits for a second person",
       "id,answer,reason,etag\n"
       "p-17,approve,x,e1\np-18,refuse,x,e2\np-19,same,x,e3\n",
       {"2 17 APPROVE x", "3 18 REFUSE x", "4: INVALID_REQUEST"}},
      {"any order, other columns, both ends of line, a mark in front",
       "\xef\xbb\xbfwhy,etag,answer,id,reason\r\nX,e1,same,k-1,seen\r\n",
       {"2 k-1 SAME seen e1"}},
      {"quotes, commas and lines in them",
       "id,answer,reason,etag\n"
       "k-1,same,\"he said \"\"no\"\",\ntwice\",e1\nk-2,same,x,e2",
       {"2 k-1 SAME he said \"no\",\ntwice e1", "4 k-2 SAME x e2"}},
      {"not answered yet, and empty lines",
       "id,answer,reason,etag\nk-1,,,e1\n\nk-2, same ,x,e2\n",
       {"4 k-2 SAME x e2"}},
      {"an open quote takes no other row with it",
       "id,answer,reason,etag\nk-1,same,\"x,e1\nk-2,same,x,e2\n",
       {"2: INVALID_REQUEST", "3 k-2 SAME x e2"}},
      {"a quote in the middle",
       "id,answer,reason,etag\nk-1,same,a\"b,e1\n",
       {"2: INVALID_REQUEST"}},
      {"too few cells",
       "id,answer,reason,etag\nk-1,same\nk-2,same,x,e2\n",
       {"2: INVALID_REQUEST", "3 k-2 SAME x e2"}},
      {"no such answer",
       "id,answer,reason,etag\nk-1,maybe,x,e1\n",
       {"2: INVALID_REQUEST"}},
      {"something is missing",
       "id,answer,reason,etag\n,same,x,e1\nk-2,same,,e2\nk-3,same,x,\n",
       {"2: FIELD_MISSING", "3: FIELD_MISSING", "4: FIELD_MISSING"}},
      {"JSON lines",
       "{\"id\":\"k-1\",\"answer\":\"same\",\"reason\":\"x\",\"etag\":\"e1\"}\n"
       "\n{\"id\":\"k-2\"}\n{\"id\":3}\n{broken\n"
       "{\"id\":\"c-5\",\"answer\":\"l-1\",\"reason\":\"x\",\"etag\":\"e5\"}",
       {"1 k-1 SAME x e1", "4: INVALID_REQUEST", "5: INVALID_REQUEST",
        "6 c-5 l-1 x e5"}},
      {"a heading alone", "id,answer,reason,etag\n", {}},
      {"no heading", "k-1,same,x,e1\n", {"USAGE"}},
      {"a column is missing", "id,answer,reason\nk-1,same,x\n", {"USAGE"}},
      {"nothing", "", {"USAGE"}},
      {"not UTF-8", "id,answer,reason,etag\nk-1,same,\xd6\xd0,e1\n", {"USAGE"}},
  };
  for (const auto& [name, text, want] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(Read(text), want);
  }
}

}  // namespace
}  // namespace waystation::wayctl
