// SPDX-License-Identifier: Apache-2.0
#include "tests/harness/postgres/server.h"

#include <libpq-fe.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"

namespace waystation::test {
namespace {

namespace fs = std::filesystem;

// The newest that is installed.
std::string ProgramsOf() {
  std::vector<std::string> found;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql")) {
    if (fs::exists(version.path() / "bin" / "initdb")) {
      found.push_back(version.path() / "bin");
    }
  }
  if (found.empty()) std::abort();
  return *std::ranges::max_element(found);
}

bool IsRoot() { return ::geteuid() == 0; }

void Shell(const std::string& command) {
  const std::string whole =
      IsRoot() ? absl::StrCat("runuser -u postgres -- sh -c '", command, "'")
               : command;
  if (std::system(whole.c_str()) != 0) {
    std::fprintf(stderr, "failed: %s\n", command.c_str());
    std::abort();
  }
}

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;

Connection Connect(const std::string& target) {
  Connection connection(PQconnectdb(target.c_str()), PQfinish);
  // It may be starting anew.
  for (int tries = 0;
       tries < 600 && PQstatus(connection.get()) != CONNECTION_OK; ++tries) {
    ::usleep(50'000);
    PQreset(connection.get());
  }
  return connection;
}

}  // namespace

PostgresServer& PostgresServer::Get() {
  static PostgresServer server;
  return server;
}

PostgresServer::PostgresServer() : programs_(ProgramsOf()) {
  std::string path = fs::temp_directory_path() / "waystation-pg.XXXXXX";
  if (::mkdtemp(path.data()) == nullptr) std::abort();
  folder_ = path;
  data_ = folder_ / "data";
  disk_ = folder_ / "disk";
  fs::create_directory(disk_);
  fs::permissions(folder_, fs::perms::all);
  fs::permissions(disk_, fs::perms::all);
  if (IsRoot() &&
      std::system(("chown -R postgres " + folder_.string()).c_str()) != 0) {
    std::abort();
  }
  Shell(absl::StrCat(programs_, "/initdb -D ", data_.string(),
                     " -U waystation --auth=trust --no-instructions -E UTF8 "
                     "--locale=C --data-checksums > /dev/null"));
  // Old log goes at once: what is in it counts as being in a file.
  std::ofstream(data_ / "postgresql.conf", std::ios::app)
      << "listen_addresses = ''\n"
      << "unix_socket_directories = '" << folder_.string() << "'\n"
      << "max_connections = 40\nshared_buffers = 64MB\n"
      << "wal_recycle = off\nmin_wal_size = 32MB\nautovacuum = off\n";
  Shell(absl::StrCat("WAYSTATION_DISK=", disk_.string(),
                     " LD_PRELOAD=" WAYSTATION_DISK_FAULTS " ", programs_,
                     "/pg_ctl -D ", data_.string(), " -l ", folder_.string(),
                     "/log -w -t 60 start > /dev/null"));
}

PostgresServer::~PostgresServer() {
  FillDisk(false);
  Shell(absl::StrCat(programs_, "/pg_ctl -D ", data_.string(),
                     " -m immediate -w stop > /dev/null"));
  fs::remove_all(folder_);
}

std::string PostgresServer::TargetOf(const std::string& name) const {
  return absl::StrCat("host=", folder_.string(),
                      " user=waystation dbname=", name);
}

bool PostgresServer::Run(const std::string& database,
                         const std::string& sql) const {
  const Connection connection = Connect(TargetOf(database));
  const Answer answer(PQexec(connection.get(), sql.c_str()), PQclear);
  const ExecStatusType kind = PQresultStatus(answer.get());
  return kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK;
}

std::string PostgresServer::Ask(const std::string& database,
                                const std::string& sql) const {
  const Connection connection = Connect(TargetOf(database));
  const Answer answer(PQexec(connection.get(), sql.c_str()), PQclear);
  return PQntuples(answer.get()) == 0 ? "" : PQgetvalue(answer.get(), 0, 0);
}

std::string PostgresServer::MakeDatabase() { return CopyDatabase("template0"); }

std::string PostgresServer::CopyDatabase(const std::string& name) {
  const std::string made = absl::StrCat("store_", ++databases_);
  // Whoever was connected may still be leaving.
  for (int tries = 0; tries < 600; ++tries) {
    if (Run("postgres",
            absl::StrCat("CREATE DATABASE ", made, " TEMPLATE ", name))) {
      return made;
    }
    ::usleep(50'000);
  }
  std::abort();
}

void PostgresServer::DropDatabase(const std::string& name) {
  Run("postgres", absl::StrCat("DROP DATABASE ", name, " WITH (FORCE)"));
}

void PostgresServer::FillDisk(bool full) {
  if (full) {
    std::ofstream(disk_ / "full").flush();
  } else {
    fs::remove(disk_ / "full");
  }
}

void PostgresServer::FailSync(int n) {
  std::ofstream(disk_ / "syncs") << n << std::flush;
  fs::permissions(disk_ / "syncs", fs::perms::all);
}

}  // namespace waystation::test
