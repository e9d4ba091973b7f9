# What is installed where. Programs, manuals, documentation and completions always; with OPTOUT_PACKAGE also what belongs
# to the system: settings, units, the user. deb, rpm and container all take it from here.
include(GNUInstallDirs)
include(${CMAKE_CURRENT_LIST_DIR}/packaged_config.cmake)
option(OPTOUT_PACKAGE "Install settings into /etc, systemd units, the user and AppArmor profiles: for packages" OFF)
set(OPTOUT_UNIT_DIR "/usr/lib/systemd/system" CACHE STRING "Where units go with OPTOUT_PACKAGE")
set(OPTOUT_ZSH_DIR "${CMAKE_INSTALL_DATADIR}/zsh/site-functions" CACHE STRING "Where zsh looks for completions")

install(TARGETS optout-milter optout-web RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS optoutctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/man/optoutctl.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES packaging/man/optout.yaml.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES packaging/man/optout-milter.8 packaging/man/optout-web.8 DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
install(FILES packaging/completions/optoutctl.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME optoutctl)
install(FILES packaging/completions/optoutctl.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES packaging/completions/_optoutctl DESTINATION ${OPTOUT_ZSH_DIR})

# The pages and what they point to, as they lie in the source: the links between them hold.
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs COMPONENT documentation FILES_MATCHING PATTERN "*.md")
install(DIRECTORY config DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT documentation)
install(DIRECTORY packaging/nginx packaging/caddy DESTINATION ${CMAKE_INSTALL_DOCDIR}/packaging COMPONENT documentation)

install(FILES packaging/sendmail/optout-milter.m4 DESTINATION ${CMAKE_INSTALL_DATADIR}/optout-milter)

optout_packaged_config(${PROJECT_SOURCE_DIR}/config/optout.yaml ${CMAKE_BINARY_DIR}/packaged/optout.yaml)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/config/optout.yaml)
if(OPTOUT_PACKAGE)
  install(FILES ${CMAKE_BINARY_DIR}/packaged/optout.yaml DESTINATION /etc/optout-milter)
  install(FILES packaging/systemd/optout-milter.service packaging/systemd/optout-web.service
          DESTINATION ${OPTOUT_UNIT_DIR})
  install(FILES packaging/systemd/optout-milter.sysusers DESTINATION /usr/lib/sysusers.d RENAME optout-milter.conf)
  install(FILES packaging/apparmor/usr.sbin.optout-milter packaging/apparmor/usr.sbin.optout-web
          DESTINATION /etc/apparmor.d)
endif()
