dnl optout-milter on Sendmail 8.14 and later. In /etc/mail/sendmail.mc, before the lines MAILER(...) and before the
dnl INPUT_MAIL_FILTER of the DKIM signer:
dnl
dnl     include(`/usr/share/optout-milter/optout-milter.m4')
dnl
dnl Filters are asked in the order of their lines: the one that adds Authentication-Results (OpenDMARC) first, then this
dnl one, then the DKIM signer. Sendmail's own confINPUT_MAIL_FILTERS follows from the lines; where you define it by hand,
dnl keep that order. A DAEMON_OPTIONS line with InputMailFilters= asks only the filters that it names.
dnl
dnl F=T  while the milter is down mail is deferred with 451 and comes again. F=R refuses it for good. Without F= the mail
dnl      passes unchecked, also to people who opted out: never leave it out.
dnl T=   connect, send, wait for one reply, the whole end of a message. Keep R: above store.deadline and
dnl      store.write_deadline of optout.yaml.
dnl S=   no directory above the socket may be writable by everybody or by a group: not /tmp.
dnl
dnl The milter asks for the macros that it needs: confMILTER_MACROS_* need no line.
define(`confMILTER_LOG_LEVEL', `8')dnl
INPUT_MAIL_FILTER(`optout-milter', `S=unix:/run/optout-milter/milter.sock, F=T, T=C:10s;S:10s;R:30s;E:1m')dnl
dnl
dnl From the fourth refused recipient of a message on, Debian's sendmail.mc (confBAD_RCPT_THROTTLE 3) keeps the client
dnl waiting one second for each. That slows down programs that send to many who opted out; to switch it off:
dnl     define(`confBAD_RCPT_THROTTLE', `0')
