// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/contents.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tests/conformance/store_suite.h"

namespace waystation::conformance {
namespace {

using storage::AgencyNumber;
using storage::KeyHash;
using storage::OpenItem;
using storage::Store;
using storage::Uid;

constexpr size_t kAll = 1'000'000;

// Reads step by step and keeps the first error.
class Reader {
 public:
  explicit Reader(const Store& store) : store_(store) {
    for (Uid uid = 0; uid <= kUids; ++uid) uids_.push_back(uid);
    for (uint64_t i = 0; i <= kHashes; ++i) hashes_.push_back(HashOf(i));
  }

  absl::StatusOr<Contents> Read() {
    contents_.group = store_.NewestGroup();
    Put(store_.Count(), contents_.counts);
    Put(store_.NextDecisionNumber(), contents_.next_decision);
    ReadRecords();
    ReadClerks();
    ReadNotices();
    ReadCodes();
    for (AgencyNumber agency = 0; agency <= kAgencies; ++agency) {
      Add(store_.ReadMailbox(agency, 0, kAll), contents_.mailbox);
      Store::MailboxState state;
      Put(store_.GetMailbox(agency), state);
      contents_.mailbox_states.push_back(state.acknowledged);
      contents_.mailbox_states.push_back(state.last);
      contents_.mailbox_states.push_back(
          static_cast<uint64_t>(state.acknowledged_time));
    }
    ReadLog();
    if (!status_.ok()) return status_;
    return std::move(contents_);
  }

 private:
  template <typename T>
  void Put(absl::StatusOr<T> value, T& to) {
    if (!value.ok()) {
      status_.Update(value.status());
    } else {
      to = *std::move(value);
    }
  }
  template <typename T>
  void Add(absl::StatusOr<std::vector<T>> values, std::vector<T>& to) {
    if (!values.ok()) {
      status_.Update(values.status());
    } else {
      std::move(values->begin(), values->end(), std::back_inserter(to));
    }
  }

  void ReadRecords() {
    for (AgencyNumber agency = 0; agency <= kAgencies; ++agency) {
      Add(store_.ListRecords(agency, 0, kAll), contents_.records);
      Put(store_.CountRecords(agency),
          contents_.records_of_agency.emplace_back());
    }
    std::vector<KeyHash> keys;
    for (const storage::RecordRow& record : contents_.records) {
      keys.push_back(record.key);
      if (record.uid > kUids) uids_.push_back(record.uid);
    }
    Put(store_.LoadByUid(uids_), contents_.records_by_uid);
    Put(store_.LoadByKey(keys), contents_.records_by_key);
    Put(store_.LoadVectors(uids_), contents_.vectors);
    Put(store_.PersonsOf(uids_), contents_.persons);
    Put(store_.MembersOf(uids_), contents_.members);
    Put(store_.LookUpIdentifiers(hashes_), contents_.identifiers);
    Add(store_.ListEdges({}, kAll), contents_.edges);
    Put(store_.EdgesOf(uids_), contents_.edges_of_records);
  }

  void ReadClerks() {
    for (const auto kind :
         {OpenItem::Kind::kConflict, OpenItem::Kind::kCandidate,
          OpenItem::Kind::kSample, OpenItem::Kind::kOwnCandidate,
          OpenItem::Kind::kOwnConflict}) {
      Add(store_.ListOpenItems(kind, std::nullopt, kAll), contents_.items);
    }
    for (const OpenItem& item : std::vector<OpenItem>(contents_.items)) {
      std::optional<OpenItem> one;
      Put(store_.GetOpenItem(
              {item.kind, item.a, item.b, item.attribute, item.entry}),
          one);
      if (one.has_value()) contents_.items.push_back(*one);
    }
    Put(store_.OpenItemsOf(uids_), contents_.items_of_records);
    Add(store_.ListDecisions(0, kAll), contents_.decisions);
    for (const storage::DecisionRow& decision :
         std::vector<storage::DecisionRow>(contents_.decisions)) {
      std::optional<storage::DecisionRow> one;
      Put(store_.FindDecisionByRequest(decision.request), one);
      if (one.has_value()) contents_.decisions.push_back(*one);
      Put(store_.GetDecision(decision.number), one);
      if (one.has_value()) contents_.decisions.push_back(*one);
    }
    Put(store_.DecisionsOf(uids_), contents_.decisions_of_records);
    for (const char* kind : {"agency", "agreement", "certificate"}) {
      Add(store_.ListObjects(kind), contents_.objects);
    }
  }

  void ReadNotices() {
    Put(store_.NextNoticeNumber(), contents_.next_notice);
    for (AgencyNumber agency = 0; agency <= kAgencies; ++agency) {
      for (const auto box :
           {storage::NoticeBox::kWaiting, storage::NoticeBox::kSent,
            storage::NoticeBox::kReceived}) {
        Add(store_.ListNotices(box, agency, std::nullopt, kAll),
            contents_.notices);
      }
    }
    Add(store_.ListAllNotices(0, kAll), contents_.notices);
    for (const storage::NoticeRow& notice :
         std::vector<storage::NoticeRow>(contents_.notices)) {
      std::optional<storage::NoticeRow> one;
      Put(store_.GetNotice(notice.number), one);
      if (one.has_value()) contents_.notices.push_back(*one);
      Put(store_.FindNoticeByRequest(notice.request), one);
      if (one.has_value()) contents_.notices.push_back(*one);
    }
  }

  void ReadCodes() {
    Add(store_.ListHolderCodes(std::nullopt, kAll), contents_.codes);
    for (const storage::HolderCodeRow& code :
         std::vector<storage::HolderCodeRow>(contents_.codes)) {
      std::optional<storage::HolderCodeRow> one;
      Put(store_.FindHolderCode(code.hash), one);
      if (one.has_value()) contents_.codes.push_back(*one);
      Add(store_.HolderCodesOf(code.uid), contents_.codes);
    }
  }

  void ReadLog() {
    auditlog::Frontier frontier;
    Put(store_.LoadFrontier(), frontier);
    contents_.frontier = frontier.Serialize();
    Add(store_.ReadLeaves(0, kAll, /*with_details=*/true), contents_.leaves);
    for (uint64_t level = 0, width = frontier.size(); width > 0;
         ++level, width /= 256) {
      for (uint64_t begin = 0; begin < width; begin += 256) {
        Add(store_.ReadTile(
                static_cast<uint32_t>(level), begin / 256,
                static_cast<uint32_t>(std::min<uint64_t>(256, width - begin))),
            contents_.hashes);
      }
    }
    Add(store_.ListCheckpoints(0, kAll), contents_.checkpoints);
    std::optional<storage::CheckpointRow> newest;
    Put(store_.NewestCheckpoint(), newest);
    if (newest.has_value()) contents_.checkpoints.push_back(*newest);
    Add(store_.ListCosignatures(0, kAll), contents_.cosignatures);
    Add(store_.CosignedSizes(kAll, kAll), contents_.cosigned_sizes);
    std::optional<uint64_t> largest;
    Put(store_.LargestCosigned("labor.320500"), largest);
    if (largest.has_value()) contents_.cosigned_sizes.push_back(*largest);
  }

  const Store& store_;
  std::vector<Uid> uids_;
  std::vector<KeyHash> hashes_;
  Contents contents_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<Contents> ReadContents(const Store& store) {
  return Reader(store).Read();
}

}  // namespace waystation::conformance
