#!/usr/bin/perl
# Stands in for systemctl (and, under that name, journalctl) where no systemd runs the machine: keeps what it knows in files, and
# starts and stops for real what the unit says, as its user, with its rights, its environment and its notify socket. Sandbox, watchdog
# and Restart= are left to the real one.
use strict;
use warnings;
use Socket;
use POSIX qw(setsid strftime WNOHANG);

my $PLACE = '/run/stand-in';
mkdir $PLACE;
my ($command, @words) = grep { !/^-/ } @ARGV;
exec 'tail', '-n', '20', "$PLACE/log" if $0 =~ /journalctl$/;

my ($name) = ($words[0] // 'thingwatch') =~ /^(\w+)/;
my ($unit) = grep { -e } map { "$_/systemd/system/$name.service" } '/etc', '/usr/lib';
$unit //= "/etc/systemd/system/$name.service";
my $now = grep { $_ eq '--now' } @ARGV;

sub put { my ($file, $text) = @_; open my $out, '>', "$PLACE/$file" or die "$file: $!\n"; print $out $text; close $out }
sub get { my ($file) = @_; open my $in, '<', "$PLACE/$file" or return ''; local $/; my $text = <$in>; chomp $text; return $text }
sub fail { print STDERR "$_[0]\n"; exit 1 }

if ($command eq 'show') {
    my ($wanted) = map { /^--property=(.*)/ ? $1 : () } @ARGV;
    my %is = (Version => 'stand-in', NRestarts => 0, ActiveState => get('active') || 'inactive',
        UnitFileState => -e $unit ? (get('enabled') ? 'enabled' : 'disabled') : '', ActiveEnterTimestamp => get('since'));
    print "$_=$is{$_}\n" for split /,/, $wanted;
}
elsif ($command eq 'daemon-reload') { put('loaded', time) }
elsif ($command eq 'is-enabled') { exit(get('enabled') ? 0 : 1) }
elsif ($command eq 'enable') { -e $unit or fail("Unit file $name.service does not exist."); put('enabled', 1); start() if $now }
elsif ($command eq 'disable') { unlink "$PLACE/enabled"; stop() if $now }
elsif ($command eq 'stop') { stop() }
elsif ($command eq 'start' || $command eq 'restart') { stop() if $command eq 'restart'; start() }
else { fail("stand-in: no $command") }
exit 0;

sub settings {
    open my $in, '<', $unit or fail("Unit $name.service not found.");
    my %all;
    while (<$in>) { push @{ $all{$1} }, $2 if /^(\w+)=(.*)$/ }
    return %all;
}

sub stop {
    my $pid = get('pid');
    if ($pid && kill 0, $pid) {
        kill 'TERM', $pid;
        for (1 .. 300) { last if !kill 0, $pid; select undef, undef, undef, 0.1 }
        kill 'KILL', $pid;
    }
    for (1 .. 50) { last if get('active') ne 'active'; select undef, undef, undef, 0.1 }
    put('active', 'inactive'); put('since', '');
}

sub start {
    return if get('active') eq 'active';
    -e "$PLACE/loaded" or fail('stand-in: the unit was not read: daemon-reload');
    my %set = settings();
    my ($user) = @{ $set{User} };
    my @passwd = getpwnam $user or fail("unknown user $user");
    my ($folder) = @{ $set{WorkingDirectory} };
    my $environment = join ' ', @{ $set{Environment} };
    $ENV{$1} = $2 while $environment =~ /(\w+)=(\S+)/g;
    mkdir "/var/lib/$_", 0700 and chown $passwd[2], $passwd[3], "/var/lib/$_" for @{ $set{StateDirectory} };
    chdir $folder or fail("$folder: $!");
    for (@{ $set{ExecStartPre} }) { my $line = s/^[-+]+//r; system "$line >>$PLACE/log 2>&1" }
    put('active', 'activating');
    unlink "$PLACE/notify";
    socket my $notify, AF_UNIX, SOCK_DGRAM, 0 or fail("socket: $!");
    bind $notify, pack_sockaddr_un("$PLACE/notify") or fail("bind: $!");
    chmod 0755, $PLACE; chmod 0777, "$PLACE/notify";
    pipe my $told, my $tell;
    my $keeper = fork;
    if (!$keeper) { setsid(); close $told; keep(\%set, \@passwd, $notify, $tell); exit 0 }
    close $tell;
    my $answer = <$told> // '';
    fail("Job for $name.service failed: $answer") if $answer !~ /^ready/;
}

# Waits for the service's own word that it is ready, and then for its end.
sub keep {
    my ($set, $passwd, $notify, $tell) = @_;
    my ($line) = @{ $set->{ExecStart} };
    my $pid = fork;
    if (!$pid) {
        $ENV{NOTIFY_SOCKET} = "$PLACE/notify";
        open STDIN, '<', '/dev/null'; open STDOUT, '>>', "$PLACE/log"; open STDERR, '>&', \*STDOUT;
        setsid();
        exec 'setpriv', "--reuid=$passwd->[2]", "--regid=$passwd->[3]", '--init-groups', '--no-new-privs', '--inh-caps=-all,+net_raw',
            '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw', split / /, $line;
    }
    put('pid', $pid);
    open STDIN, '<', '/dev/null'; open STDOUT, '>', '/dev/null'; open STDERR, '>', '/dev/null';
    $SIG{ALRM} = sub { kill 'KILL', $pid };
    alarm 60;
    while (1) {
        my $bits = '';
        vec($bits, fileno $notify, 1) = 1;
        if (select($bits, undef, undef, 0.1) > 0) {
            recv $notify, my $said, 4096, 0;
            if ($said =~ /READY=1/) {
                alarm 0;
                put('since', strftime('%a %F %T %Z', localtime)); put('active', 'active');
                print $tell "ready\n"; close $tell;
                waitpid $pid, 0;
                put('active', $? ? 'failed' : 'inactive');
                return;
            }
        }
        if (waitpid($pid, WNOHANG) > 0) { put('active', 'failed'); print $tell "its process ended with $?\n"; return }
    }
}
