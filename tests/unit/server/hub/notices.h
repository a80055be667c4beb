// SPDX-License-Identifier: Apache-2.0
// A hub whose police of Suzhou may put cases to those of Fuyang, and calls to
// it.
#ifndef WAYSTATION_TESTS_UNIT_SERVER_HUB_NOTICES_H_
#define WAYSTATION_TESTS_UNIT_SERVER_HUB_NOTICES_H_

#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/unit/server/hub/fixtures.h"

namespace waystation::hub {

inline const std::string kNumber = DemoNumber("341202", "19900307", 41);

// Without a calendar: 15 days for a verification, 7 for an urgent one.
inline NoticeTerms Terms() {
  NoticeTerms terms;
  for (const bool urgent : {false, true}) {
    config::v1::DeadlineProfile& profile = *terms.deadlines.add_profiles();
    profile.add_kinds("verification_request");
    profile.set_act(config::v1::DEADLINE_ACT_ANSWER);
    profile.set_urgency(urgent ? config::v1::DEADLINE_URGENCY_URGENT
                               : config::v1::DEADLINE_URGENCY_ORDINARY);
    profile.mutable_deadline()->set_unit(
        config::v1::DEADLINE_UNIT_CALENDAR_DAY);
    profile.mutable_deadline()->set_count(urgent ? 7 : 15);
  }
  return terms;
}

inline v1::Agreement NoticeAgreement() {
  v1::Agreement agreement = DefaultAgreement("public_security");
  agreement.set_id("notices");
  agreement.set_scope(v1::SCOPE_OPEN_NOTICE);
  agreement.clear_grants();
  for (const char* attribute : {"name", "sex", "birth_date", "residence"}) {
    v1::Grant& grant = *agreement.add_grants();
    grant.set_source_sector("public_security");
    grant.set_attribute(attribute);
    grant.set_form(v1::FORM_VALUE);
  }
  agreement.mutable_grants(3)->set_form(v1::FORM_PARTIAL);
  agreement.mutable_grants(3)->set_partial_digits(6);
  return agreement;
}

// About the record S of the police of Suzhou, to those of Fuyang.
inline v1::SendNoticeRequest NoticeRequest() {
  v1::SendNoticeRequest request;
  request.set_kind(v1::Notice::KIND_VERIFICATION);
  request.set_purpose(v1::PURPOSE_RESIDENCE_REGISTRATION);
  request.set_record_key("S");
  request.set_agency(std::string(kPoliceFuyang));
  for (const char* name : {"name", "birth_date", "residence"}) {
    request.add_attributes(name);
  }
  request.set_text("老家的门牌 7 号");
  return request;
}

// One who watches, as a stream does.
class NoticeWatcher {
 public:
  NoticeWatcher(Hub& hub, std::string_view agency,
                const std::string& token = {}, int page_size = 0) {
    v1::WatchNoticesRequest request;
    request.set_page_token(token);
    request.set_page_size(page_size);
    auto watch = hub.WatchNotices(AgencyCaller(agency), request, [this] {
      {
        const std::lock_guard lock(mutex_);
        rung_ = true;
      }
      rang_.notify_all();
    });
    status_ = watch.status();
    if (watch.ok()) watch_ = *std::move(watch);
  }
  const absl::Status& status() const { return status_; }

  // What there is now.
  std::optional<v1::WatchNoticesResponse> Look() {
    {
      const std::lock_guard lock(mutex_);
      rung_ = false;
    }
    auto next = watch_->Next();
    EXPECT_TRUE(next.ok()) << next.status();
    if (!next.ok() || !next->has_value()) return std::nullopt;
    if (!(*next)->page_token().empty()) token_ = (*next)->page_token();
    return **std::move(next);
  }
  // What comes next, whenever it does.
  v1::WatchNoticesResponse Await() {
    for (;;) {
      if (auto news = Look()) return *std::move(news);
      std::unique_lock lock(mutex_);
      rang_.wait(lock, [&] { return rung_; });
    }
  }
  const std::string& token() const { return token_; }

 private:
  absl::Status status_;
  std::mutex mutex_;
  std::condition_variable rang_;
  bool rung_ = false;
  std::string token_;
  std::shared_ptr<NoticeWatch> watch_;
};

class Notices : public testing::Test {
 protected:
  using Notice = v1::Notice;
  using Box = v1::ListNoticesRequest;
  using Step = v1::StepNoticeRequest;

  explicit Notices(TestHub::Setup setup = {.notice_terms = Terms()})
      : test_(std::move(setup)) {
    EXPECT_EQ(test_.Apply(NoticeAgreement()), absl::OkStatus());
    test_.Submit(kPoliceSuzhou, Say("S", 1)
                                    .Core(kNumber, "王芳", 1990, 3, 7)
                                    .Lives("320505001", "狮山路7号"));
  }

  Hub& hub() { return test_.hub(); }

  static v1::SendNoticeRequest Request() { return NoticeRequest(); }
  absl::StatusOr<v1::SendNoticeResponse> Send(
      const v1::SendNoticeRequest& request = Request(),
      std::string_view agency = kPoliceSuzhou) {
    return Await<v1::SendNoticeResponse>([&](auto done) {
      hub().SendNotice(AgencyCaller(agency), request, std::move(done));
    });
  }
  // One that was sent.
  std::string Sent() {
    const auto sent = Send();
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.ok() ? sent->notice().id() : "";
  }
  absl::StatusOr<v1::GetNoticeResponse> Get(std::string_view agency,
                                            const std::string& id) {
    v1::GetNoticeRequest request;
    request.set_id(id);
    return Await<v1::GetNoticeResponse>([&](auto done) {
      hub().GetNotice(AgencyCaller(agency), request, std::move(done));
    });
  }
  absl::StatusOr<v1::StepNoticeResponse> Take(std::string_view agency,
                                              Step step) {
    return Await<v1::StepNoticeResponse>([&](auto done) {
      hub().StepNotice(AgencyCaller(agency), step, std::move(done));
    });
  }
  // On the notice as it stands.
  absl::StatusOr<v1::StepNoticeResponse> TakeNow(std::string_view agency,
                                                 const std::string& id,
                                                 Step step) {
    const auto notice = Get(agency, id);
    if (!notice.ok()) return notice.status();
    step.set_id(id);
    step.set_etag(notice->etag());
    return Take(agency, step);
  }
  std::vector<std::string> IdsIn(std::string_view agency, Box::Box box,
                                 bool overdue = false) {
    Box request;
    request.set_box(box);
    request.set_overdue_only(overdue);
    request.set_page_size(2);
    std::vector<std::string> ids;
    do {
      const auto page = hub().ListNotices(AgencyCaller(agency), request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return ids;
      for (const Notice& notice : page->notices()) ids.push_back(notice.id());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  static Step FoundAll() {
    Step step;
    v1::NoticeAnswer& answer = *step.mutable_answer()->mutable_answer();
    answer.set_result(Notice::RESULT_FOUND);
    answer.set_note("档案第 3 页");
    for (const char* name : {"name", "birth_date", "residence"}) {
      v1::FieldAnswer& field = *answer.add_fields();
      field.set_attribute(name);
      field.set_answer(v1::FieldAnswer::ANSWER_MATCH);
    }
    return step;
  }

  TestHub test_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_TESTS_UNIT_SERVER_HUB_NOTICES_H_
