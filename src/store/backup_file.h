// A back-up: the records of a store with addresses and texts, the lists' names, and who was erased; not the events.
// Text, a row a line, fields between tabs (\\ \t \n for what would be taken for them):
//   optout-backup 1 TIME
//   list    TAG NAME TITLE               erased  DIGEST TIMES (see erased.h)
//   record  DIGEST TAG VALUE ADDRESS TEXT
//   end     LISTS ERASED RECORDS
// Must not know which store it is of, nor how its bytes are packed.
#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "store/backup_pack.h"
#include "store/transfer.h"

namespace optout {

class BackupWriter {
  public:
    // Writes at once what stands before the records; `source.made` must be there.
    BackupWriter(std::ostream& out, const TransferSource& source);
    void add(const Entry& entry);
    void finish();  // once, last
    std::uint64_t records() const { return records_; }

  private:
    PackedWriter packed_;
    std::uint64_t lists_ = 0, erased_ = 0, records_ = 0;
};

// What a back-up holds but for its records.
struct BackupContent {
    TransferSource source;
    std::uint64_t records = 0;
};

// Reads all of it once, and fails where a bit is not as it was written or a row says nothing: so that nothing is
// merged of a back-up that is not good. `file`: a descriptor that can seek.
[[nodiscard]] Result<BackupContent> check_backup(int file, const std::string& name);

// The records of a file that is good. `take` is given how many bytes of the file were read so far.
[[nodiscard]] Result<void> read_backup(int file, const std::string& name,
                                       const std::function<Result<void>(const Entry&, std::uint64_t)>& take);

}  // namespace optout
