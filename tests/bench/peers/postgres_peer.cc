// SPDX-License-Identifier: Apache-2.0
// What would a team do instead with PostgreSQL? The same update as limits are
// written in: look up an identifier, read and rewrite a 1 KiB person, append a
// 200-byte feed row and a 100-byte audit row, durable before the answer
// (synchronous_commit on). Once as a function called in one round trip an
// update, and once set-based in batches of 256.
//
//   postgres_peer CONNINFO PERSONS SECONDS round_trip|set_based CONNECTIONS
//
// Prints updates a second.
#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

constexpr int kBatch = 256;

[[noreturn]] void Fail(const char* message) {
  std::fprintf(stderr, "postgres_peer: %s\n", message);
  std::exit(1);
}

Connection Connect(const char* info) {
  Connection connection(PQconnectdb(info), &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    Fail(PQerrorMessage(connection.get()));
  }
  return connection;
}

void Run(PGconn* connection, const char* statement) {
  const Result result(PQexec(connection, statement), &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    Fail(PQresultErrorMessage(result.get()));
  }
}

// Tables as a team would lay them out, filled once.
void Prepare(PGconn* connection, int64_t persons) {
  Run(connection, "SET client_min_messages = warning");
  Run(connection,
      "CREATE TABLE IF NOT EXISTS person (id bigint PRIMARY KEY, body bytea "
      "NOT NULL);"
      "CREATE TABLE IF NOT EXISTS identifier (number text PRIMARY KEY, person "
      "bigint NOT NULL);"
      "CREATE TABLE IF NOT EXISTS feed (position bigserial PRIMARY KEY, person "
      "bigint, body bytea);"
      "CREATE TABLE IF NOT EXISTS audit (position bigserial PRIMARY KEY, body "
      "bytea);"
      "CREATE OR REPLACE FUNCTION take(key text, body_ bytea, feed_ bytea, "
      "audit_ bytea) RETURNS void LANGUAGE plpgsql AS $$ "
      "DECLARE holder bigint; old bytea; BEGIN "
      "SELECT person INTO holder FROM identifier WHERE number = key; "
      "SELECT body INTO old FROM person WHERE id = holder FOR UPDATE; "
      "UPDATE person SET body = body_ WHERE id = holder; "
      "INSERT INTO feed (person, body) VALUES (holder, feed_); "
      "INSERT INTO audit (body) VALUES (audit_); END $$;");
  const Result filled(PQexec(connection, "SELECT count(*) FROM identifier"),
                      &PQclear);
  if (std::atoll(PQgetvalue(filled.get(), 0, 0)) == persons) return;
  const std::string n = std::to_string(persons);
  Run(connection, "TRUNCATE person, identifier, feed, audit");
  Run(connection, ("INSERT INTO person SELECT i, decode(repeat(md5(i::text), "
                   "64), 'hex') FROM generate_series(1, " +
                   n + ") i")
                      .c_str());
  Run(connection, ("INSERT INTO identifier SELECT md5('n' || i), i FROM "
                   "generate_series(1, " +
                   n + ") i")
                      .c_str());
  Run(connection, "ANALYZE");
  Run(connection, "CHECKPOINT");
}

// Hex digits, drawn once, since drawing them is not what is measured.
const std::string& Digits() {
  static const std::string digits = [] {
    std::mt19937_64 random(3);
    std::string text(1 << 20, '0');
    for (char& digit : text) digit = "0123456789abcdef"[random() % 16];
    return text;
  }();
  return digits;
}

// A bytea literal in hex, of `size` bytes that differ from call to call.
std::string Bytes(std::mt19937_64& random, size_t size) {
  const std::string& digits = Digits();
  return "\\x" + digits.substr(random() % (digits.size() - 2 * size), 2 * size);
}

// md5('n' || i) is computed by the server while filling; here by the key list.
std::vector<std::string> Keys(PGconn* connection, int64_t persons) {
  const Result rows(
      PQexec(connection,
             ("SELECT number FROM identifier ORDER BY person LIMIT " +
              std::to_string(persons))
                 .c_str()),
      &PQclear);
  std::vector<std::string> keys;
  for (int i = 0; i < PQntuples(rows.get()); ++i) {
    keys.emplace_back(PQgetvalue(rows.get(), i, 0));
  }
  return keys;
}

uint64_t RoundTrips(const char* info, const std::vector<std::string>& keys,
                    uint64_t seed, const std::atomic<bool>& stop) {
  const Connection connection = Connect(info);
  const Result prepared(
      PQprepare(connection.get(), "take",
                "SELECT take($1, $2::bytea, $3::bytea, $4::bytea)", 4, nullptr),
      &PQclear);
  std::mt19937_64 random(seed);
  uint64_t done = 0;
  while (!stop) {
    const std::string& key = keys[random() % keys.size()];
    const std::string body = Bytes(random, 1024);
    const std::string feed = Bytes(random, 200);
    const std::string audit = Bytes(random, 100);
    const char* values[] = {key.c_str(), body.c_str(), feed.c_str(),
                            audit.c_str()};
    const Result result(PQexecPrepared(connection.get(), "take", 4, values,
                                       nullptr, nullptr, 0),
                        &PQclear);
    if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) {
      Fail(PQresultErrorMessage(result.get()));
    }
    ++done;
  }
  return done;
}

// The items hold no quote, and a backslash at most in front, as bytea does.
std::string Array(const std::vector<std::string>& items) {
  std::string text = "{";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ',';
    text += item.front() == '\\' ? "\"\\" : "\"";
    text += item;
    text += '"';
  }
  return text + "}";
}

uint64_t SetBased(const char* info, const std::vector<std::string>& keys,
                  uint64_t seed, const std::atomic<bool>& stop) {
  const Connection connection = Connect(info);
  const Result prepared(
      PQprepare(
          connection.get(), "take",
          "WITH input AS (SELECT * FROM unnest($1::text[], $2::bytea[], "
          "$3::bytea[], $4::bytea[]) AS i(key, body, feed, audit)), "
          "held AS (SELECT i.*, n.person FROM input i JOIN identifier n ON "
          "n.number = i.key), "
          "locked AS (SELECT p.id FROM person p JOIN held h ON p.id = h.person "
          "ORDER BY p.id FOR UPDATE OF p), "
          "written AS (UPDATE person p SET body = h.body FROM held h, locked l "
          "WHERE p.id = h.person AND l.id = p.id), "
          "told AS (INSERT INTO feed (person, body) SELECT person, feed FROM "
          "held) INSERT INTO audit (body) SELECT audit FROM held",
          4, nullptr),
      &PQclear);
  std::mt19937_64 random(seed);
  uint64_t done = 0;
  while (!stop) {
    std::vector<std::string> batch_keys, bodies, feeds, audits;
    for (int i = 0; i < kBatch; ++i) {
      batch_keys.push_back(keys[random() % keys.size()]);
      bodies.push_back(Bytes(random, 1024));
      feeds.push_back(Bytes(random, 200));
      audits.push_back(Bytes(random, 100));
    }
    const std::string arrays[] = {Array(batch_keys), Array(bodies),
                                  Array(feeds), Array(audits)};
    const char* values[] = {arrays[0].c_str(), arrays[1].c_str(),
                            arrays[2].c_str(), arrays[3].c_str()};
    const Result result(PQexecPrepared(connection.get(), "take", 4, values,
                                       nullptr, nullptr, 0),
                        &PQclear);
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      Fail(PQresultErrorMessage(result.get()));
    }
    done += kBatch;
  }
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) Fail("usage: CONNINFO PERSONS SECONDS MODE CONNECTIONS");
  const char* info = argv[1];
  const int64_t persons = std::atoll(argv[2]);
  const int seconds = std::atoi(argv[3]);
  const bool set_based = std::string_view(argv[4]) == "set_based";
  const int connections = std::atoi(argv[5]);

  std::vector<std::string> keys;
  {
    const Connection connection = Connect(info);
    Prepare(connection.get(), persons);
    keys = Keys(connection.get(), persons);
  }
  std::atomic<bool> stop = false;
  std::atomic<uint64_t> done = 0;
  std::vector<std::thread> threads;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < connections; ++i) {
    threads.emplace_back([&, i] {
      const auto seed = static_cast<uint64_t>(i + 1);
      done += set_based ? SetBased(info, keys, seed, stop)
                        : RoundTrips(info, keys, seed, stop);
    });
  }
  std::this_thread::sleep_for(std::chrono::seconds(seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  std::printf("%.0f\n", static_cast<double>(done) / took.count());
  return 0;
}
