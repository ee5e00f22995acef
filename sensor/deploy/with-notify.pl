# Joins a descriptor to the service manager's socket and becomes the command that follows: perl with-notify.pl COMMAND ARGUMENT…
# Node cannot open such a socket (a Unix datagram one), but it can write to it. Why perl: it is part of every Debian, and becomes
# the main process by `exec`, the only one that the unit lets speak to systemd.
use strict;
use warnings;
use Socket;

my $path = $ENV{NOTIFY_SOCKET};
if (defined $path && $path ne '') {
    $path =~ s/^@/\0/;
    $^F = 1000;    # descriptors below stay open over exec
    socket(my $notify, AF_UNIX, SOCK_DGRAM, 0) or die "with-notify.pl: socket: $!\n";
    connect($notify, pack_sockaddr_un($path)) or die "with-notify.pl: $ENV{NOTIFY_SOCKET}: $!\n";
    $ENV{NOTIFY_FD} = fileno $notify;
    exec @ARGV or die "with-notify.pl: $ARGV[0]: $!\n";
}
exec @ARGV or die "with-notify.pl: $ARGV[0]: $!\n";
