// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL server of the test's own: its own data folder, reached by a
// socket in it and by nothing else, gone with the process. As root it runs as
// the user that its package made.
#ifndef WAYSTATION_TESTS_HARNESS_POSTGRES_SERVER_H_
#define WAYSTATION_TESTS_HARNESS_POSTGRES_SERVER_H_

#include <filesystem>
#include <string>

namespace waystation::test {

// Used by one thread. Ends the process where the server cannot be started.
class PostgresServer {
 public:
  // Started at the first call, stopped when the process ends.
  static PostgresServer& Get();

  // An empty database, or one like another that nobody is connected to.
  std::string MakeDatabase();
  std::string CopyDatabase(const std::string& name);
  // Whoever is connected to it is cut off.
  void DropDatabase(const std::string& name);
  // How libpq reaches a database.
  std::string TargetOf(const std::string& name) const;
  // Runs a statement; an error is answered with false.
  bool Run(const std::string& database, const std::string& sql) const;
  // The first column of the first row.
  std::string Ask(const std::string& database, const std::string& sql) const;

  // Nothing that makes a file longer is written.
  void FillDisk(bool full);
  // The n-th sync from now fails (1: the next one), once. The server then
  // starts anew by itself.
  void FailSync(int n);
  // Its data folder.
  const std::filesystem::path& data() const { return data_; }

  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

 private:
  PostgresServer();

  std::filesystem::path folder_;
  std::filesystem::path data_;
  std::filesystem::path disk_;
  std::string programs_;
  int databases_ = 0;
};

}  // namespace waystation::test

#endif  // WAYSTATION_TESTS_HARNESS_POSTGRES_SERVER_H_
