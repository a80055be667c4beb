// SPDX-License-Identifier: Apache-2.0
// Drives a hub, or the bare echo, as agencies do, and prints what came through:
//
//   bench_load --target HOST:PORT --ca CA --mode echo --in-flight 64
//              --agency ID CERT KEY [SIGNING_KEY_ID SIGNING_KEY]...
//   modes: echo      unary echo of a 300-byte record
//          frames    echo of frames of --frame such records over one stream
//          ask       the hub's smallest call, its state of health
//          unary     SubmitRecord
//          read      GetPerson of the caller's own records
//          notice    SendNotice of the first of two agencies to the second,
//                    each about another of its records
//          inbox     ListNotices: a page of 50 of what waits for the caller
//          deliver   SubmitRecord of the first of two labor agencies, each of
//                    another person, while the second one watches its mailbox;
//                    the times are from the acknowledgement to the delivery
//          load      frames of 256 new records, once for each agency
//          stream    frames of 256 updates of random records
//
// Each agency has a record of each of --persons people; a person's records
// share a number and agree at first, so that every update touches resolution.
// Who they are is the population program's (tests/population).
// With --plain, nothing is encrypted and nobody shows a certificate.
//
// An update files a later residence and another phone; where two agencies file
// different ones of one person within a second, a conflict opens. Every
// mode but `load` runs --seconds. The last line is
//   RESULT <mode> <operations a second> p50 <us> p99 <us>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "echo.grpc.pb.h"
#include "proto/auditlog/batch_signature.h"
#include "proto/auditlog/ed25519.h"
#include "tests/population/data.h"
#include "tests/population/person.h"
#include "tests/population/world.h"
#include "waystation/v1/mailbox_service.grpc.pb.h"
#include "waystation/v1/notice_service.grpc.pb.h"
#include "waystation/v1/registry_service.grpc.pb.h"

namespace waystation::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kFrame = 256;
constexpr uint64_t kMostPersons = 10'000'000;

struct Agency {
  std::string id;
  std::string cert;
  std::string key;
  std::string signing_key_id;
  std::optional<auditlog::Ed25519PrivateKey> signing_key;
  std::shared_ptr<grpc::Channel> channel;
};

struct Options {
  std::string target;
  std::string ca;
  std::string mode = "stream";
  int in_flight = 4;
  int seconds = 10;
  uint64_t persons = 100'000;
  int frame = kFrame;
  bool plain = false;
};

// Revisions rise from one run to the next, since no run takes a million updates
// a second.
uint64_t FirstRevision() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count());
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "bench_load: cannot read %s\n", path.c_str());
    std::exit(1);
  }
  return {std::istreambuf_iterator<char>(file), {}};
}

[[noreturn]] void Fail(const absl::Status& status) {
  std::fprintf(stderr, "bench_load: %s\n", status.ToString().c_str());
  std::exit(1);
}

// People of the population program: names as common, days of birth as many and
// homes as scattered as they are, since a record is held against those that are
// like it.
population::Person PersonAt(uint64_t index) {
  static const population::World* const world = [] {
    const std::string tree = WAYSTATION_SOURCE_DIR;
    auto data = population::LoadData(tree + "/tests/population/data",
                                     tree + "/proto/codes/data/divisions.tsv");
    if (!data.ok()) Fail(data.status());
    auto made = population::World::Make(*std::move(data), kMostPersons, 1,
                                        {"341200", "320500"}, {"labor"});
    if (!made.ok()) Fail(made.status());
    return new population::World(*std::move(made));
  }();
  return population::MakePerson(*world, population::kFirstDrawn + index);
}

// One update of some 300 bytes, as an adapter would send it.
std::string UpdateBytes(uint64_t person, uint64_t revision, bool whole,
                        uint64_t salt) {
  v1::Update update;
  update.set_record_key(absl::StrCat("R", person));
  update.set_revision(revision);
  auto& claims = *update.mutable_claims();
  auto& mask = *update.mutable_mask();
  if (whole) {
    const population::Person made = PersonAt(person);
    auto& identifier = *claims.add_identifiers();
    identifier.set_kind(v1::Identifier::KIND_CITIZEN_NUMBER);
    identifier.set_number(made.number);
    claims.mutable_name()->set_full(made.name.Text());
    claims.mutable_sex()->set_value(
        made.sex == population::Sex::kMale ? v1::SEX_MALE : v1::SEX_FEMALE);
    const std::chrono::year_month_day day = made.birth;
    auto& birth = *claims.mutable_birth_date()->mutable_date();
    birth.set_year(static_cast<int>(day.year()));
    birth.set_month(static_cast<int>(static_cast<unsigned>(day.month())));
    birth.set_day(static_cast<int>(static_cast<unsigned>(day.day())));
    claims.mutable_household_registration()->set_division(
        made.household.county->code);
    for (const char* path :
         {"identifiers", "name", "sex", "birth_date", "household_registration"})
      mask.add_paths(path);
  }
  // Seconds since 1970, as of the first load or of the revision.
  const auto recorded =
      static_cast<int64_t>(whole ? 1'700'000'000 : revision / 1'000'000);
  // A day later with each second, so that a later update files a later
  // residence.
  const std::chrono::year_month_day since(
      std::chrono::sys_days(std::chrono::year(2012) / 1 / 1) +
      std::chrono::days(whole ? 0 : 1 + recorded % 4'700));
  auto& residence = *claims.mutable_residence();
  residence.set_division("320505010");
  residence.set_address(absl::StrCat("枫桥街道滨河路", salt % 900 + 1, "号",
                                     salt % 40 + 1, "幢"));
  residence.mutable_since()->set_year(static_cast<int>(since.year()));
  residence.mutable_since()->set_month(
      static_cast<int>(static_cast<unsigned>(since.month())));
  residence.mutable_since()->set_day(
      static_cast<int>(static_cast<unsigned>(since.day())));
  claims.mutable_contact()->add_phones(
      absl::StrCat("138", absl::StrFormat("%08d", salt % 100'000'000)));
  mask.add_paths("residence");
  mask.add_paths("contact");
  update.mutable_times()->mutable_recorded_time()->set_seconds(recorded);
  update.set_evidence(v1::EVIDENCE_DOCUMENT_SEEN);
  return update.SerializeAsString();
}

// A new job, which a labor agency tells another one of.
std::string JobBytes(uint64_t person, uint64_t revision) {
  v1::Update update;
  update.set_record_key(absl::StrCat("R", person));
  update.set_revision(revision);
  update.mutable_claims()->mutable_employment()->set_employer(
      absl::StrCat("苏州第 ", revision, " 电子厂"));
  update.mutable_mask()->add_paths("employment");
  update.mutable_times()->mutable_recorded_time()->set_seconds(
      static_cast<int64_t>(revision / 1'000'000));
  update.set_evidence(v1::EVIDENCE_DOCUMENT_SEEN);
  return update.SerializeAsString();
}

v1::Purpose PurposeOf(const Agency& agency) {
  return agency.id.starts_with("labor") ? v1::PURPOSE_SOCIAL_INSURANCE_TRANSFER
                                        : v1::PURPOSE_RESIDENCE_REGISTRATION;
}

class Latencies {
 public:
  void Add(Clock::duration took) {
    const auto us =
        std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    const std::scoped_lock lock(mutex_);
    values_.push_back(static_cast<uint32_t>(us));
  }
  void Take(Latencies& other) {
    const std::scoped_lock lock(mutex_, other.mutex_);
    values_.swap(other.values_);
  }
  uint32_t Percentile(double part) {
    const std::scoped_lock lock(mutex_);
    if (values_.empty()) return 0;
    const auto index =
        static_cast<ptrdiff_t>(part * static_cast<double>(values_.size() - 1));
    std::nth_element(values_.begin(), values_.begin() + index, values_.end());
    return values_[static_cast<size_t>(index)];
  }

 private:
  std::mutex mutex_;
  std::vector<uint32_t> values_;
};

// Keeps `in_flight` calls under way; `start(done)` starts one.
template <typename Start>
double KeepInFlight(const Options& options, Latencies& latencies,
                    const Start& start) {
  std::mutex mutex;
  std::condition_variable idle;
  int running = 0;
  std::atomic<uint64_t> finished = 0;
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::seconds(options.seconds);
  std::function<void()> next = [&] {
    const Clock::time_point sent = Clock::now();
    start([&, sent](const grpc::Status& status) {
      if (!status.ok()) {
        std::fprintf(stderr, "bench_load: %d %s\n",
                     static_cast<int>(status.error_code()),
                     status.error_message().c_str());
        std::exit(1);
      }
      const Clock::time_point now = Clock::now();
      latencies.Add(now - sent);
      ++finished;
      if (now < end) {
        next();
        return;
      }
      const std::scoped_lock lock(mutex);
      if (--running == 0) idle.notify_all();
    });
  };
  running = options.in_flight;
  for (int i = 0; i < options.in_flight; ++i) next();
  std::unique_lock lock(mutex);
  idle.wait(lock, [&] { return running == 0; });
  const std::chrono::duration<double> took = Clock::now() - begin;
  return static_cast<double>(finished) / took.count();
}

template <typename Request, typename Response>
struct Call {
  grpc::ClientContext context;
  Request request;
  Response response;
};

double Echoes(const Options& options, const Agency& agency,
              Latencies& latencies) {
  const auto stub = EchoService::NewStub(agency.channel);
  const std::string body(300, 'x');
  return KeepInFlight(options, latencies, [&](auto done) {
    auto call = std::make_shared<Call<EchoRequest, EchoResponse>>();
    call->request.set_body(body);
    stub->async()->Echo(
        &call->context, &call->request, &call->response,
        [call, done](const grpc::Status& status) { done(status); });
  });
}

double Unary(const Options& options, const Agency& agency,
             Latencies& latencies) {
  const auto stub = v1::RegistryService::NewStub(agency.channel);
  std::mutex mutex;
  std::mt19937_64 random(7);
  uint64_t revision = FirstRevision();
  return KeepInFlight(options, latencies, [&](auto done) {
    auto call = std::make_shared<
        Call<v1::SubmitRecordRequest, v1::SubmitRecordResponse>>();
    {
      const std::scoped_lock lock(mutex);
      call->request.set_update(
          UpdateBytes(random() % options.persons, ++revision, false, random()));
    }
    if (agency.signing_key) {
      call->request.set_salt("0123456789abcdef");
      const auditlog::SaltedUpdate salted[] = {
          {call->request.salt(), call->request.update()}};
      call->request.mutable_signature()->set_key_id(agency.signing_key_id);
      call->request.mutable_signature()->set_signature(
          auditlog::SignFrame(agency.id, agency.signing_key_id,
                              auditlog::UpdateHashes(salted).value(),
                              *agency.signing_key)
              .value());
    }
    stub->async()->SubmitRecord(
        &call->context, &call->request, &call->response,
        [call, done](const grpc::Status& status) {
          // Of two updates of one record that are under way at once, the older
          // may come second.
          const auto outcome = call->response.result().outcome();
          if (status.ok() && outcome != v1::UpdateResult::OUTCOME_APPLIED &&
              outcome != v1::UpdateResult::OUTCOME_STALE) {
            std::fprintf(stderr, "bench_load: not applied: %s\n",
                         call->response.ShortDebugString().c_str());
            std::exit(1);
          }
          done(status);
        });
  });
}

double Reads(const Options& options, const Agency& agency,
             Latencies& latencies) {
  const auto stub = v1::RegistryService::NewStub(agency.channel);
  std::mutex mutex;
  std::mt19937_64 random(11);
  return KeepInFlight(options, latencies, [&](auto done) {
    auto call =
        std::make_shared<Call<v1::GetPersonRequest, v1::GetPersonResponse>>();
    {
      const std::scoped_lock lock(mutex);
      call->request.set_record_key(
          absl::StrCat("R", random() % options.persons));
    }
    call->request.set_purpose(PurposeOf(agency));
    stub->async()->GetPerson(
        &call->context, &call->request, &call->response,
        [call, done](const grpc::Status& status) { done(status); });
  });
}

double SentNotices(const Options& options, const std::vector<Agency>& agencies,
                   Latencies& latencies) {
  if (agencies.size() != 2) {
    std::fprintf(stderr, "bench_load: notice wants two agencies\n");
    std::exit(2);
  }
  const auto stub = v1::NoticeService::NewStub(agencies[0].channel);
  std::mutex mutex;
  std::mt19937_64 random(13);
  return KeepInFlight(options, latencies, [&](auto done) {
    auto call =
        std::make_shared<Call<v1::SendNoticeRequest, v1::SendNoticeResponse>>();
    v1::SendNoticeRequest& request = call->request;
    {
      const std::scoped_lock lock(mutex);
      request.set_record_key(absl::StrCat("R", random() % options.persons));
    }
    request.set_kind(v1::Notice::KIND_SERVICE);
    request.set_purpose(PurposeOf(agencies[0]));
    request.set_agency(agencies[1].id);
    request.add_attributes("name");
    request.add_attributes("birth_date");
    stub->async()->SendNotice(
        &call->context, &request, &call->response,
        [call, done](const grpc::Status& status) { done(status); });
  });
}

double Inboxes(const Options& options, const Agency& agency,
               Latencies& latencies) {
  const auto stub = v1::NoticeService::NewStub(agency.channel);
  return KeepInFlight(options, latencies, [&](auto done) {
    auto call = std::make_shared<
        Call<v1::ListNoticesRequest, v1::ListNoticesResponse>>();
    call->request.set_box(v1::ListNoticesRequest::BOX_WAITING);
    stub->async()->ListNotices(
        &call->context, &call->request, &call->response,
        [call, done](const grpc::Status& status) { done(status); });
  });
}

// Records of one stream, frame by frame, `in_flight` frames under way.
double EchoedFrames(const Options& options, const Agency& agency,
                    Latencies& latencies) {
  const auto stub = EchoService::NewStub(agency.channel);
  grpc::ClientContext context;
  const auto stream = stub->EchoFrames(&context);
  EchoFrame frame;
  for (int i = 0; i < options.frame; ++i) {
    frame.add_bodies(std::string(300, 'x'));
  }
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::seconds(options.seconds);
  std::deque<Clock::time_point> sent;
  uint64_t records = 0;
  EchoFrame answer;
  const auto take = [&] {
    if (!stream->Read(&answer)) return;
    latencies.Add(Clock::now() - sent.front());
    sent.pop_front();
    records += static_cast<uint64_t>(answer.bodies_size());
  };
  while (Clock::now() < end) {
    sent.push_back(Clock::now());
    if (!stream->Write(frame)) break;
    if (sent.size() >= static_cast<size_t>(options.in_flight)) take();
  }
  while (!sent.empty()) take();
  const std::chrono::duration<double> took = Clock::now() - begin;
  stream->WritesDone();
  if (const grpc::Status status = stream->Finish(); !status.ok()) {
    std::fprintf(stderr, "bench_load: %d %s\n",
                 static_cast<int>(status.error_code()),
                 status.error_message().c_str());
    std::exit(1);
  }
  return static_cast<double>(records) / took.count();
}

double Asks(const Options& options, const Agency& agency,
            Latencies& latencies) {
  grpc::GenericStub stub(agency.channel);
  return KeepInFlight(options, latencies, [&](auto done) {
    // An empty request asks about the whole server.
    auto call = std::make_shared<Call<grpc::ByteBuffer, grpc::ByteBuffer>>();
    const grpc::Slice nothing;
    call->request = grpc::ByteBuffer(&nothing, 1);
    stub.UnaryCall(&call->context, "/grpc.health.v1.Health/Check", {},
                   &call->request, &call->response,
                   [call, done](const grpc::Status& status) { done(status); });
  });
}

// What is to be delivered: when each person's update was acknowledged.
class Awaited {
 public:
  void Acknowledged(uint64_t person) {
    const std::scoped_lock lock(mutex_);
    const Clock::time_point now = Clock::now();
    if (early_.erase(person) > 0) {
      // It was delivered before its sender knew.
      latencies_.Add(Clock::duration::zero());
    } else {
      acknowledged_[person] = now;
    }
    changed_.notify_all();
  }
  void Delivered(uint64_t person) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = acknowledged_.find(person);
        found != acknowledged_.end()) {
      latencies_.Add(Clock::now() - found->second);
      acknowledged_.erase(found);
    } else {
      early_.insert(person);
    }
    changed_.notify_all();
  }
  // Until everything that was acknowledged has come, or nothing more does.
  bool WaitForAll() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(60),
                             [&] { return acknowledged_.empty(); });
  }
  Latencies& latencies() { return latencies_; }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<uint64_t, Clock::time_point> acknowledged_;
  std::unordered_set<uint64_t> early_;
  Latencies latencies_;
};

// The token behind what waits in the mailbox now.
std::string ReadToTheEnd(v1::MailboxService::Stub& mailbox,
                         v1::Purpose purpose) {
  v1::PullRequest request;
  request.set_purpose(purpose);
  for (;;) {
    grpc::ClientContext context;
    v1::PullResponse response;
    const grpc::Status status = mailbox.Pull(&context, request, &response);
    if (!status.ok()) {
      std::fprintf(stderr, "bench_load: %s\n", status.error_message().c_str());
      std::exit(1);
    }
    request.set_page_token(response.page().last_token());
    if (response.page().at_end()) return response.page().last_token();
  }
}

double Deliveries(const Options& options, const std::vector<Agency>& agencies,
                  Latencies& latencies) {
  if (agencies.size() < 2) {
    std::fprintf(stderr, "bench_load: deliver wants two agencies\n");
    std::exit(2);
  }
  const auto mailbox = v1::MailboxService::NewStub(agencies[1].channel);
  // What earlier runs left is not waited for.
  std::string last_token = ReadToTheEnd(*mailbox, PurposeOf(agencies[1]));
  Awaited awaited;
  grpc::ClientContext watching;
  v1::WatchRequest request;
  request.set_page_token(last_token);
  request.set_purpose(PurposeOf(agencies[1]));
  const auto stream = mailbox->Watch(&watching, request);
  std::thread watcher([&] {
    v1::WatchResponse response;
    while (stream->Read(&response)) {
      const v1::MailboxPage& page = response.page();
      for (const v1::MailboxEntry& entry : page.entries()) {
        for (const std::string& key : entry.view().record_keys()) {
          awaited.Delivered(std::stoull(key.substr(1)));
        }
      }
      last_token = page.last_token();
    }
  });

  const auto stub = v1::RegistryService::NewStub(agencies[0].channel);
  std::atomic<uint64_t> next = 0;
  std::atomic<uint64_t> revision = FirstRevision();
  Latencies calls;
  const double rate = KeepInFlight(options, calls, [&](auto done) {
    const uint64_t person = next++ % options.persons;
    auto call = std::make_shared<
        Call<v1::SubmitRecordRequest, v1::SubmitRecordResponse>>();
    call->request.set_update(JobBytes(person, ++revision));
    stub->async()->SubmitRecord(
        &call->context, &call->request, &call->response,
        [call, person, &awaited, done](const grpc::Status& status) {
          if (status.ok()) awaited.Acknowledged(person);
          done(status);
        });
  });
  const bool all = awaited.WaitForAll();
  watching.TryCancel();
  watcher.join();
  v1::AcknowledgeRequest acknowledge;
  acknowledge.set_page_token(last_token);
  v1::AcknowledgeResponse acknowledged;
  grpc::ClientContext context;
  const grpc::Status status =
      mailbox->Acknowledge(&context, acknowledge, &acknowledged);
  if (!all || !status.ok()) {
    std::fprintf(stderr, "bench_load: not delivered: %s\n",
                 status.error_message().c_str());
    std::exit(1);
  }
  latencies.Take(awaited.latencies());
  return rate;
}

// Frames of one agency over one stream, `in_flight` at once. The frame that
// `make` leaves empty ends it.
template <typename Make>
uint64_t Frames(const Options& options, const Agency& agency,
                Latencies& latencies, const Make& make) {
  const auto stub = v1::RegistryService::NewStub(agency.channel);
  grpc::ClientContext context;
  const auto stream = stub->SubmitRecords(&context);
  std::mutex mutex;
  std::condition_variable room;
  std::vector<Clock::time_point> sent;
  size_t acknowledged = 0;
  uint64_t updates = 0;
  std::thread reader([&] {
    v1::SubmitRecordsResponse response;
    while (stream->Read(&response)) {
      for (const auto& result : response.results()) {
        if (result.outcome() != v1::UpdateResult::OUTCOME_APPLIED &&
            result.outcome() != v1::UpdateResult::OUTCOME_UNCHANGED) {
          std::fprintf(stderr, "bench_load: not applied: %s\n",
                       result.ShortDebugString().c_str());
          std::exit(1);
        }
      }
      const std::scoped_lock lock(mutex);
      latencies.Add(Clock::now() - sent[acknowledged++]);
      updates += static_cast<uint64_t>(response.results_size());
      room.notify_all();
    }
  });
  std::mt19937_64 random(13);
  for (uint64_t number = 1;; ++number) {
    v1::SubmitRecordsRequest request;
    request.set_frame_number(number);
    auto& frame = *request.mutable_frame();
    make(frame);
    if (frame.updates().empty()) break;
    std::vector<auditlog::SaltedUpdate> salted;
    for (const std::string& update : frame.updates()) {
      std::string& salt = *frame.add_salts();
      salt.resize(16);
      for (char& c : salt) c = static_cast<char>(random());
      salted.push_back({salt, update});
    }
    if (agency.signing_key) {
      frame.mutable_signature()->set_key_id(agency.signing_key_id);
      frame.mutable_signature()->set_signature(
          auditlog::SignFrame(agency.id, agency.signing_key_id,
                              auditlog::UpdateHashes(salted).value(),
                              *agency.signing_key)
              .value());
    }
    std::unique_lock lock(mutex);
    room.wait(lock, [&] {
      return sent.size() - acknowledged <
             static_cast<size_t>(options.in_flight);
    });
    sent.push_back(Clock::now());
    lock.unlock();
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  const grpc::Status status = stream->Finish();
  if (!status.ok()) {
    std::fprintf(stderr, "bench_load: %d %s\n",
                 static_cast<int>(status.error_code()),
                 status.error_message().c_str());
    std::exit(1);
  }
  return updates;
}

double Stream(const Options& options, const std::vector<Agency>& agencies,
              Latencies& latencies, bool load) {
  std::atomic<uint64_t> updates = 0;
  const Clock::time_point begin = Clock::now();
  const Clock::time_point end = begin + std::chrono::seconds(options.seconds);
  std::vector<std::thread> threads;
  for (const Agency& agency : agencies) {
    threads.emplace_back([&] {
      std::mt19937_64 random(std::hash<std::string>()(agency.id));
      uint64_t next = 0;
      uint64_t revision = FirstRevision();
      updates += Frames(options, agency, latencies, [&](v1::Frame& frame) {
        if (load) {
          for (int i = 0; i < kFrame && next < options.persons; ++i, ++next) {
            frame.add_updates(UpdateBytes(next, 1, true, next));
          }
          return;
        }
        if (Clock::now() >= end) return;
        for (int i = 0; i < kFrame; ++i) {
          frame.add_updates(UpdateBytes(random() % options.persons, ++revision,
                                        false, random()));
        }
      });
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took = Clock::now() - begin;
  return static_cast<double>(updates) / took.count();
}

int Main(int argc, char** argv) {
  Options options;
  std::vector<std::string> agency_words;
  std::vector<Agency> agencies;
  CLI::App app("Drives a hub, or the bare echo, and prints what came through");
  app.add_option("--target", options.target)->required();
  app.add_option("--ca", options.ca)->required();
  app.add_option("--mode", options.mode);
  app.add_option("--in-flight", options.in_flight);
  app.add_option("--seconds", options.seconds);
  app.add_option("--persons", options.persons);
  app.add_option("--frame", options.frame);
  app.add_flag("--plain", options.plain);
  app.add_option("--agency", agency_words,
                 "id,certificate,key[,signing key id,signing key]")
      ->required();
  CLI11_PARSE(app, argc, argv);
  for (const std::string& words : agency_words) {
    const std::vector<std::string> parts = CLI::detail::split(words, ',');
    if (parts.size() != 3 && parts.size() != 5) {
      std::fprintf(stderr, "bench_load: bad --agency\n");
      return 2;
    }
    Agency agency{parts[0], parts[1], parts[2], {}, {}, {}};
    if (parts.size() == 5) {
      agency.signing_key_id = parts[3];
      auto key = auditlog::Ed25519PrivateKey::Load(parts[4]);
      if (!key.ok()) Fail(key.status());
      agency.signing_key = *std::move(key);
    }
    agency.channel = grpc::CreateChannel(
        options.target,
        options.plain
            ? grpc::InsecureChannelCredentials()
            : grpc::SslCredentials({ReadFile(options.ca), ReadFile(agency.key),
                                    ReadFile(agency.cert)}));
    agencies.push_back(std::move(agency));
  }
  Latencies latencies;
  double rate = 0;
  if (options.mode == "echo") {
    rate = Echoes(options, agencies[0], latencies);
  } else if (options.mode == "frames") {
    rate = EchoedFrames(options, agencies[0], latencies);
  } else if (options.mode == "ask") {
    rate = Asks(options, agencies[0], latencies);
  } else if (options.mode == "deliver") {
    rate = Deliveries(options, agencies, latencies);
  } else if (options.mode == "unary") {
    rate = Unary(options, agencies[0], latencies);
  } else if (options.mode == "read") {
    rate = Reads(options, agencies[0], latencies);
  } else if (options.mode == "notice") {
    rate = SentNotices(options, agencies, latencies);
  } else if (options.mode == "inbox") {
    rate = Inboxes(options, agencies.back(), latencies);
  } else if (options.mode == "load" || options.mode == "stream") {
    rate = Stream(options, agencies, latencies, options.mode == "load");
  } else {
    std::fprintf(stderr, "bench_load: unknown mode\n");
    return 2;
  }
  std::printf("RESULT %s %.0f p50 %u p99 %u\n", options.mode.c_str(), rate,
              latencies.Percentile(0.5), latencies.Percentile(0.99));
  return 0;
}

}  // namespace
}  // namespace waystation::bench

int main(int argc, char** argv) {
  // As the hub does: Debian's Abseil looks for deadlocks at every lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return waystation::bench::Main(argc, argv);
}
