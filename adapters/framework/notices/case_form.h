// SPDX-License-Identifier: Apache-2.0
// Cases between agencies as forms: what was asked, what a clerk answers, and
// what a clerk asks others. Pure.
#ifndef WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_CASE_FORM_H_
#define WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_CASE_FORM_H_

#include <string>
#include <vector>

#include "adapters/framework/notices/form.h"
#include "waystation/v1/notice_service.pb.h"

namespace waystation::adapters {

// A case that waits for this agency's answer: what is known of it, and the rows
// to fill in, explained in the language of use.
std::vector<FormRow> CaseForm(const v1::GetNoticeResponse& notice);

// A case of this agency's that was answered.
std::vector<FormRow> ResultForm(const v1::GetNoticeResponse& notice);

// An empty form for a case to put to another agency.
std::vector<FormRow> NewCaseForm();

// What a case's form says once it was filled in.
struct FilledCase {
  // Of the notice, and its etag as it stood when the form was written.
  std::string id;
  std::string version;
  v1::NoticeAnswer answer;
};

// Adds to `problems` what is wrong. Rows that CaseForm wrote for people are
// passed over. Values may be spelled as in the proto, or in the language of
// use.
FilledCase ReadCase(const std::vector<FormRow>& rows,
                    std::vector<FormProblem>& problems);

struct NewCase {
  // The clerk's own name of the case: a request that is repeated under it is
  // one notice.
  std::string reference;
  v1::SendNoticeRequest request;
};

NewCase ReadNewCase(const std::vector<FormRow>& rows,
                    std::vector<FormProblem>& problems);

}  // namespace waystation::adapters

#endif  // WAYSTATION_ADAPTERS_FRAMEWORK_NOTICES_CASE_FORM_H_
