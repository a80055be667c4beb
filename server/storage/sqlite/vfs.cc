// SPDX-License-Identifier: Apache-2.0
#include "server/storage/sqlite/vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"

namespace waystation::storage::sqlite {

struct FileLayer::Registration {
  sqlite3_vfs vfs{};
  std::string name;
};

namespace {

// The most that SQLite's own layer takes in one call.
constexpr size_t kGathered = 128 * 1024 - 1;

// The layer that is there whatever is registered besides.
sqlite3_vfs* Real() { return sqlite3_vfs_find(nullptr); }

// A step that fails does so for a reason, which SQLite asks for.
int Failed(int code) {
  errno = EIO;
  return code;
}

uint32_t Number16(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(static_cast<uint8_t>(bytes[at])) << 8 |
         static_cast<uint8_t>(bytes[at + 1]);
}

// What SQLite moves from one b-tree page to another stays behind in the space
// that the page no longer uses, whatever secure_delete says: an erased value
// may have such copies. The space lies between the cell pointers and the cells
// (SQLite's fileformat2.html, 1.6), and nobody reads it. Precondition: the page
// is not an overflow or freelist page whose first number could look like the
// type of a b-tree page, see kMostBytes.
void WipeUnused(std::string& page, int64_t offset) {
  constexpr size_t kFileHeader = 100;
  const size_t header = offset == 0 ? kFileHeader : 0;
  if (page.size() < 512 || page.size() > 65'536) return;
  size_t pointers = header;
  switch (page[header]) {
    case 2:
    case 5:
      pointers += 12;
      break;
    case 10:
    case 13:
      pointers += 8;
      break;
    default:
      return;
  }
  pointers += size_t{2} * Number16(page, header + 3);
  const size_t cells = Number16(page, header + 5);
  if (cells > page.size() || pointers > cells) return;
  std::fill(page.begin() + static_cast<ptrdiff_t>(pointers),
            page.begin() + static_cast<ptrdiff_t>(cells), '\0');
}

// Other pages begin with the number of a page, whose first byte is 0 or 1 as
// long as there are fewer than 2^25. A checkpoint cannot double the file.
constexpr int64_t kMostBytes = int64_t{64} << 30;

// SQLite allocates this with the real layer's file right behind it, at a
// multiple of 8 bytes and no more: nothing in it may want another alignment.
struct LayeredFile {
  sqlite3_file base{};
  FileHooks* hooks = nullptr;
  std::string path;
  bool gathers = false;
  bool is_database = false;
  // What was gathered, and where it belongs.
  std::string gathered;
  int64_t gathered_at = 0;
  // The page that is written, without what it no longer uses.
  std::string page;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  const sqlite3_io_methods& methods() { return *real()->pMethods; }

  FileAnswer Ask(FileStep::Kind kind, int64_t offset = 0, int64_t size = 0,
                 std::string_view bytes = {}) {
    if (hooks == nullptr) return FileAnswer::kPass;
    return hooks->Before({kind, path, offset, size, bytes});
  }

  // A page on its way from the log into the database.
  int WritePage(std::string_view bytes, int64_t offset) {
    sqlite3_int64 size = 0;
    if (const int code = methods().xFileSize(real(), &size);
        code != SQLITE_OK) {
      return code;
    }
    if (size > kMostBytes) return WriteNow(bytes, offset);
    page.assign(bytes);
    WipeUnused(page, offset);
    return WriteNow(page, offset);
  }

  int WriteNow(std::string_view bytes, int64_t offset) {
    const auto size = static_cast<int>(bytes.size());
    switch (Ask(FileStep::Kind::kWrite, offset, size, bytes)) {
      case FileAnswer::kPass:
        return methods().xWrite(real(), bytes.data(), size, offset);
      case FileAnswer::kNoSpace:
        return SQLITE_FULL;
      case FileAnswer::kTear:
        (void)methods().xWrite(real(), bytes.data(), size / 2, offset);
        return Failed(SQLITE_IOERR_WRITE);
      case FileAnswer::kLose:
        return SQLITE_OK;
      case FileAnswer::kFail:
        break;
    }
    return Failed(SQLITE_IOERR_WRITE);
  }

  // What cannot be written is dropped: the commit that wrote it fails.
  int WriteGathered() {
    if (gathered.empty()) return SQLITE_OK;
    const int code = WriteNow(gathered, gathered_at);
    gathered.clear();
    return code;
  }

  int Gather(std::string_view bytes, int64_t offset) {
    const int64_t end = gathered_at + static_cast<int64_t>(gathered.size());
    if (offset != end || gathered.size() + bytes.size() > kGathered) {
      if (const int code = WriteGathered(); code != SQLITE_OK) return code;
    }
    if (gathered.empty()) {
      gathered.reserve(kGathered);
      gathered_at = offset;
    }
    gathered.append(bytes);
    return SQLITE_OK;
  }
};

static_assert(alignof(LayeredFile) <= 8 && sizeof(LayeredFile) % 8 == 0);

LayeredFile& Of(sqlite3_file* file) {
  return *reinterpret_cast<LayeredFile*>(file);
}

int Close(sqlite3_file* file) {
  LayeredFile& layered = Of(file);
  const int written = layered.WriteGathered();
  const int closed = layered.methods().xClose(layered.real());
  layered.~LayeredFile();
  return written != SQLITE_OK ? written : closed;
}

int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  LayeredFile& layered = Of(file);
  if (const int code = layered.WriteGathered(); code != SQLITE_OK) return code;
  if (layered.Ask(FileStep::Kind::kRead, offset, size) != FileAnswer::kPass) {
    return Failed(SQLITE_IOERR_READ);
  }
  return layered.methods().xRead(layered.real(), to, size, offset);
}

int Write(sqlite3_file* file, const void* from, int size,
          sqlite3_int64 offset) {
  const std::string_view bytes(static_cast<const char*>(from),
                               static_cast<size_t>(size));
  if (Of(file).gathers) return Of(file).Gather(bytes, offset);
  return Of(file).is_database ? Of(file).WritePage(bytes, offset)
                              : Of(file).WriteNow(bytes, offset);
}

int Sync(sqlite3_file* file, int flags) {
  LayeredFile& layered = Of(file);
  if (const int code = layered.WriteGathered(); code != SQLITE_OK) return code;
  switch (layered.Ask(FileStep::Kind::kSync)) {
    case FileAnswer::kPass:
      return layered.methods().xSync(layered.real(), flags);
    case FileAnswer::kLose:
      return SQLITE_OK;
    default:
      return Failed(SQLITE_IOERR_FSYNC);
  }
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  LayeredFile& layered = Of(file);
  if (const int code = layered.WriteGathered(); code != SQLITE_OK) return code;
  switch (layered.Ask(FileStep::Kind::kTruncate, size)) {
    case FileAnswer::kPass:
      break;
    case FileAnswer::kLose:
      return SQLITE_OK;
    default:
      return Failed(SQLITE_IOERR_TRUNCATE);
  }
  if (const int code = layered.methods().xTruncate(layered.real(), size);
      code != SQLITE_OK) {
    return code;
  }
  return layered.gathers ? Sync(file, SQLITE_SYNC_NORMAL) : SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  LayeredFile& layered = Of(file);
  if (const int code = layered.WriteGathered(); code != SQLITE_OK) return code;
  return layered.methods().xFileSize(layered.real(), size);
}

int Lock(sqlite3_file* file, int level) {
  return Of(file).methods().xLock(Of(file).real(), level);
}

int Unlock(sqlite3_file* file, int level) {
  return Of(file).methods().xUnlock(Of(file).real(), level);
}

int CheckReservedLock(sqlite3_file* file, int* held) {
  return Of(file).methods().xCheckReservedLock(Of(file).real(), held);
}

int FileControl(sqlite3_file* file, int operation, void* argument) {
  return Of(file).methods().xFileControl(Of(file).real(), operation, argument);
}

int SectorSize(sqlite3_file* file) {
  return Of(file).methods().xSectorSize(Of(file).real());
}

int DeviceCharacteristics(sqlite3_file* file) {
  return Of(file).methods().xDeviceCharacteristics(Of(file).real());
}

int ShmMap(sqlite3_file* file, int region, int size, int extend,
           void volatile** to) {
  LayeredFile& layered = Of(file);
  const FileAnswer answer =
      extend == 0
          ? FileAnswer::kPass
          : layered.Ask(FileStep::Kind::kMap, int64_t{region} * size, size);
  if (answer != FileAnswer::kPass) {
    const int code = Failed(SQLITE_IOERR_SHMSIZE);
    if (answer == FileAnswer::kNoSpace) errno = ENOSPC;
    return code;
  }
  return layered.methods().xShmMap(layered.real(), region, size, extend, to);
}

int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Of(file).methods().xShmLock(Of(file).real(), offset, count, flags);
}

void ShmBarrier(sqlite3_file* file) {
  LayeredFile& layered = Of(file);
  if (layered.hooks != nullptr) layered.hooks->AtBarrier();
  layered.methods().xShmBarrier(layered.real());
}

int ShmUnmap(sqlite3_file* file, int remove) {
  return Of(file).methods().xShmUnmap(Of(file).real(), remove);
}

// Version 2: without memory-mapped pages, where a medium that does not answer
// is a signal and not an error.
constexpr sqlite3_io_methods kMethods = {
    2,
    Close,
    Read,
    Write,
    Truncate,
    Sync,
    FileSize,
    Lock,
    Unlock,
    CheckReservedLock,
    FileControl,
    SectorSize,
    DeviceCharacteristics,
    ShmMap,
    ShmLock,
    ShmBarrier,
    ShmUnmap,
    nullptr,
    nullptr,
};

int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
         int* flags_given) {
  auto* layered = new (file) LayeredFile;
  layered->hooks = static_cast<FileHooks*>(vfs->pAppData);
  layered->gathers = (flags & SQLITE_OPEN_WAL) != 0;
  layered->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  if (path != nullptr) layered->path = path;
  int code = SQLITE_CANTOPEN;
  if (layered->Ask(FileStep::Kind::kOpen) == FileAnswer::kPass) {
    code = Real()->xOpen(Real(), path, layered->real(), flags, flags_given);
  }
  if (code == SQLITE_OK) {
    layered->base.pMethods = &kMethods;
  } else {
    layered->~LayeredFile();
    file->pMethods = nullptr;  // So that SQLite does not close it.
  }
  return code;
}

int Delete(sqlite3_vfs* vfs, const char* path, int sync_folder) {
  auto* hooks = static_cast<FileHooks*>(vfs->pAppData);
  if (hooks != nullptr &&
      hooks->Before({FileStep::Kind::kDelete, path, 0, 0, {}}) !=
          FileAnswer::kPass) {
    return Failed(SQLITE_IOERR_DELETE);
  }
  return Real()->xDelete(Real(), path, sync_folder);
}

}  // namespace

FileLayer::FileLayer(FileHooks* hooks)
    : registration_(std::make_unique<Registration>()) {
  sqlite3_initialize();
  Registration& own = *registration_;
  own.name = absl::StrFormat("waystation-%p", registration_.get());
  // Everything that is not about one file is the real layer's own, which takes
  // no notice of the name it was called by.
  own.vfs = *Real();
  own.vfs.pNext = nullptr;
  own.vfs.zName = own.name.c_str();
  own.vfs.pAppData = hooks;
  own.vfs.szOsFile = static_cast<int>(sizeof(LayeredFile)) + Real()->szOsFile;
  own.vfs.xOpen = Open;
  own.vfs.xDelete = Delete;
  sqlite3_vfs_register(&own.vfs, /*makeDflt=*/0);
}

FileLayer::~FileLayer() { sqlite3_vfs_unregister(&registration_->vfs); }

const char* FileLayer::name() const { return registration_->name.c_str(); }

}  // namespace waystation::storage::sqlite
