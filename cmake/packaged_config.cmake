# The optout.yaml that packages install: config/optout.yaml, but for the few lines that make it harmless until its owner
# has been through it, and reachable from the chroot that Debian gives Postfix. A line that is no longer there is an error.
function(optout_packaged_config source target)
  file(READ "${source}" text)
  set(changes
      # What it says now                                   and what packages say.
      "  listen: unix:/run/optout-milter/milter.sock\n"    "  listen: unix:/var/spool/postfix/optout-milter/milter.sock\n"
      "  mode: enforce\n"                                  "  mode: monitor\n"
      "# Check:  optout-milter -c"
      "# As installed, mode is monitor: no mail is changed. Before you attach it to an MTA, make public_url, mailto and lists\n# yours. Without Postfix here, set milter.listen to unix:/run/optout-milter/milter.sock.\n#\n# Check:  optout-milter -c")
  while(changes)
    list(POP_FRONT changes from to)
    string(FIND "${text}" "${from}" first)
    string(FIND "${text}" "${from}" last REVERSE)
    if(first EQUAL -1 OR NOT first EQUAL last)
      message(FATAL_ERROR "${source}: expected this once, to change it for packages: ${from}")
    endif()
    string(REPLACE "${from}" "${to}" text "${text}")
  endwhile()
  file(WRITE "${target}" "${text}")
endfunction()
