// SPDX-License-Identifier: Apache-2.0
// What changes a notice: sending it, looking at it for the first time, its
// steps. Several in one group see each other's.
#ifndef WAYSTATION_SERVER_HUB_NOTICE_WORK_H_
#define WAYSTATION_SERVER_HUB_NOTICE_WORK_H_

#include <optional>
#include <string>
#include <vector>

#include "server/domain/notice.h"
#include "server/hub/answering.h"
#include "server/hub/core.h"
#include "server/hub/hub.h"
#include "server/hub/notice_row.h"
#include "server/hub/work.h"

namespace waystation::hub {

// What they share.
class NoticeWork : public Work {
 protected:
  // All but the caller are borrowed.
  NoticeWork(Core& core, const NoticeNames& names, Caller caller)
      : core_(core), names_(names), caller_(std::move(caller)) {}

  // A notice with what a step needs of it.
  struct Loaded {
    storage::NoticeRow row;
    domain::NoticeCase notice;
    // nullptr: erased.
    RecordPtr record;
    // What was handed over is no longer in `notice`, and still in the store.
    bool forgot = false;
    // The caller's agency is none of the two, and it is escalated to it.
    bool by_superior = false;
  };
  // NOT_AVAILABLE unless the caller's agency is its sender, has it now, or is
  // whom it is escalated to.
  absl::StatusOr<Loaded> Load(Planning& planning, std::string_view id) const;

  // With whom it will be, and until when.
  struct Route {
    const AgencyEntry* agency = nullptr;
    std::optional<int64_t> due_time;
    domain::NoticeTerm term() const {
      return {.agency = agency->id(), .due_time = due_time};
    }
  };
  // `asked` is a request, or a step, that names a recipient. Does not look at
  // the deadline.
  template <typename Asked>
  static absl::StatusOr<const AgencyEntry*> FindRecipient(
      const Planning& planning, const Asked& asked);
  // NOTICE_NOT_AGREED unless the recipient may see all that the notice is about
  // of what the sender claims.
  static absl::Status CheckAgreed(const Planning& planning,
                                  const AgencyEntry& sender,
                                  const AgencyEntry& recipient,
                                  v1::Purpose purpose,
                                  domain::AttributeSet attributes);
  absl::StatusOr<std::optional<int64_t>> DueTime(const Planning& planning,
                                                 v1::Notice::Kind kind,
                                                 bool urgent,
                                                 int64_t start) const;

  // As `viewer` sees it in lists.
  v1::Notice HeadOf(const Planning& planning, const storage::NoticeRow& row,
                    const store::v1::StoredNotice& stored,
                    storage::AgencyNumber viewer) const;

  domain::NoticeActor ActorAt(const Planning& planning) const {
    return {
        .agency = caller_.agency, .path = caller_.path, .now = planning.now};
  }
  void AddLeaf(Planning& planning, v1::AuditEvent event, const Record* record,
               domain::AttributeSet told, const std::string& recipient) const;

  Core& core_;
  const NoticeNames& names_;
  const Caller caller_;
};

class SendNoticeWork final
    : public Answering<v1::SendNoticeResponse, NoticeWork> {
 public:
  SendNoticeWork(Core& core, const NoticeNames& names, Caller caller,
                 v1::SendNoticeRequest request,
                 Hub::Callback<v1::SendNoticeResponse> done);

  // A preview is planned by itself, since nothing of its group is written.
  bool alone() const override { return request_.validate_only(); }
  void AddKeys(std::vector<storage::KeyHash>& keys) const override;
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;

 private:
  // Whether this very request was taken before; its answer is prepared then.
  absl::StatusOr<bool> FindRepeat(const Planning& planning,
                                  const AgencyEntry& agency, storage::Uid uid);
  // Whether what a hand-over carries may go there, and can be read there alone.
  absl::Status CheckHandOver(const Planning& planning,
                             const AgencyEntry& sender,
                             const AgencyEntry& recipient);

  const v1::SendNoticeRequest request_;
  const storage::KeyHash key_;
  storage::KeyHash request_hash_{};
  RecordPtr record_;
  // Fingerprint of the certificate that the sender sealed for.
  std::string sealed_for_;
  bool writes_ = false;
};

// The answer to a look, whose view is computed already.
class GetNoticeWork final
    : public Answering<v1::GetNoticeResponse, NoticeWork> {
 public:
  struct Seen {
    v1::PersonView about;
    domain::AttributeSet told = 0;
    std::string agreements;
    // By which it was decided.
    std::shared_ptr<const Snapshot> registry;
  };
  GetNoticeWork(Core& core, const NoticeNames& names, Caller caller,
                v1::GetNoticeRequest request, std::optional<Seen> seen,
                Hub::Callback<v1::GetNoticeResponse> done);

  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;
  void Answer(const storage::Committed* committed) override;

 private:
  // Leaves what was sealed where it is, or adds what it takes to open it.
  absl::Status GiveAttachments(const Planning& planning);

  const v1::GetNoticeRequest request_;
  const std::optional<Seen> seen_;
  RecordPtr record_;
  // It was looked at for the first time.
  bool moved_ = false;
};

class StepNoticeWork final
    : public Answering<v1::StepNoticeResponse, NoticeWork> {
 public:
  StepNoticeWork(Core& core, const NoticeNames& names, Caller caller,
                 v1::StepNoticeRequest request,
                 Hub::Callback<v1::StepNoticeResponse> done);

  bool alone() const override { return request_.validate_only(); }
  absl::Status Begin(Planning& planning) override;
  absl::Status Conclude(const Outcome& outcome) override;

 private:
  absl::Status Take(Planning& planning, Loaded& loaded);
  absl::Status Reroute(Planning& planning, Loaded& loaded);
  absl::Status Extend(Planning& planning, Loaded& loaded);
  absl::Status Prompt(Planning& planning, Loaded& loaded);

  const v1::StepNoticeRequest request_;
  RecordPtr record_;
  std::string other_side_;
};

}  // namespace waystation::hub

#endif  // WAYSTATION_SERVER_HUB_NOTICE_WORK_H_
