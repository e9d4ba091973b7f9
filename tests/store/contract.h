// What every SuppressionStore promises, as one suite of cases over any of them. A test program names its store in one
// line:
//   const ContractFor memory({"memory", [] { return std::make_unique<MemoryStore>(); }, {}});
// Must not know which store it is.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "store/entries.h"
#include "store/suppression_store.h"

namespace optout::test {

struct StoreUnderTest {
    std::string name;
    // A store with nothing in it. Called once a case; its exceptions fail the case.
    std::function<std::unique_ptr<SuppressionStore>()> open;
    // Something that changes with each write to the store opened last (a digest of all it holds, a count of commits).
    // Empty where there is no such thing: then it is not checked that a merge of nothing new writes nothing.
    std::function<std::string()> fingerprint;
};

// Thread: made at namespace scope, before main.
class ContractFor {
  public:
    explicit ContractFor(StoreUnderTest store);
};

}  // namespace optout::test
