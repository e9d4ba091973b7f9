// From the config file to the milter's service, again at each reload.
#pragma once

#include <memory>

#include "milter/service.h"

namespace optout {

// A service from the file as it is now, over the old one's recorder; none, with the problems logged, where anything is
// wrong with it.
std::shared_ptr<const Service> reload_service(const Service& old);

}  // namespace optout
