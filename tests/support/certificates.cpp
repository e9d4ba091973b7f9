// See certificates.h.
#include "support/certificates.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

namespace optout::test {

namespace {

void openssl(std::vector<std::string> arguments) {
    std::string program = "openssl";
    std::vector<char*> words{program.data()};
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork");
    if (child == 0) {
        const int nowhere = ::open("/dev/null", O_RDWR);
        ::dup2(nowhere, STDIN_FILENO);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        ::execvp(program.c_str(), words.data());
        ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        throw std::runtime_error("openssl is not installed; this test needs it");
    }
    if (status != 0) throw std::runtime_error("openssl " + arguments.front() + " failed");
}

// RSA with 2048 bits, as Redis's own script makes them.
std::vector<std::string> request(const KeyPair& files, const std::string& subject) {
    return {"req",     "-x509",   "-newkey", "rsa:2048",        "-nodes", "-days", "2",
            "-keyout", files.key, "-out",    files.certificate, "-subj",  subject};
}

}  // namespace

Authority::Authority() : own_{directory_.file("ca.pem"), directory_.file("ca.key")} {
    openssl(request(own_, "/CN=Authority of a test"));
}

KeyPair Authority::sign(const std::string& names, Purpose purpose) {
    const std::string name = std::to_string(++signed_);
    KeyPair files{directory_.file(name + ".pem"), directory_.file(name + ".key")};
    std::vector<std::string> arguments = request(files, "/O=Test/CN=" + name);
    const std::vector<std::string> more{"-CA",     own_.certificate,          "-CAkey",  own_.key,
                                        "-addext", "subjectAltName=" + names, "-addext", "basicConstraints=CA:FALSE"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    switch (purpose) {
        case Purpose::any: break;
        case Purpose::client: arguments.insert(arguments.end(), {"-addext", "extendedKeyUsage=clientAuth"}); break;
    }
    openssl(std::move(arguments));
    return files;
}

}  // namespace optout::test
