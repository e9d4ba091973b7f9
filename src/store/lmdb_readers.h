// The read transactions of one open file, kept from use to use, so that a look-up allocates nothing in LMDB.
// Must not know who reads. Thread: any (MDB_NOTLS lets a read transaction go from thread to thread).
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "base/guarded.h"
#include "store/lmdb_file.h"

namespace optout {

// Owns: the file. Fails: by LmdbError.
class LmdbReaders {
  public:
    explicit LmdbReaders(std::unique_ptr<LmdbFile> file);

    // A snapshot of now, until it is destroyed.
    class Lease {
      public:
        explicit Lease(LmdbReaders& readers);
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease();
        LmdbReader& reader();

      private:
        void begin();
        LmdbReaders* readers_;
        LmdbFile* file_ = nullptr;
        struct Slot;
        friend class LmdbReaders;
        std::unique_ptr<Slot> slot_;
    };

    // Thread: the writer's alone, which is the only one to replace the file.
    LmdbFile* file();  // none after a failed reopening
    // Closes the file when the last reader is done with it, and opens it anew. Readers that come meanwhile, or after a
    // failure, get MDB_PANIC.
    [[nodiscard]] Result<void> reopen(const LmdbPlace& place);

    ~LmdbReaders();

  private:
    struct State {
        std::unique_ptr<LmdbFile> file;
        std::vector<std::unique_ptr<Lease::Slot>> idle;  // destroyed before the file
        std::size_t active = 0;
        enum class Phase { open, closing } phase = Phase::open;
    };
    Guarded<State> state_;
};

}  // namespace optout
