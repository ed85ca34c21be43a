#!/usr/bin/perl -w
# prepare_corpus.pl -- a corpus from Debian packages: posbench corpus hands this to perl.
#
#     perl - prose|code FOLDER      writes FOLDER/{train,valid,test}.txt and FOLDER/README
#
# Headings become " = T = " as in Wikitext, one "=" a level; a paragraph is a line. Where a
# document goes is decided by SHA-256 of its name, so that a text that changes does not move.
# One at a time in a home of corpora: others wait, and find the folder there.
# Exit codes: 0 done, 3 packages are missing (which ones is said), 1 something else.
use strict;
use Compress::Zlib;
use Digest::SHA qw(sha256);
use Fcntl qw(:flock);
use File::Basename;
use File::Find;
use File::Path qw(make_path remove_tree);

my %entity = (amp => '&', lt => '<', gt => '>', quot => '"', apos => "'", nbsp => ' ',
              mdash => "\xe2\x80\x94", ndash => "\xe2\x80\x93");

# SWORD's ThML and HTML as text.
sub text {
    my ($s) = @_;
    $s =~ s/<(script|style|head|pre|nav|form)\b.*?<\/\1>//gis;
    $s =~ s/\s+/ /g;
    $s =~ s/<title[^>]*>\s*<\/title>//g;
    $s =~ s{<(h(\d)|title)\b[^>]*>(.*?)</\1>}{
        my ($level, $head) = ($2 || 2, $3);
        $head =~ s/<[^>]+>/ /g;
        my $sign = join ' ', ('=') x $level;
        "\n $sign $head $sign\n"}gies;
    $s =~ s/<\/?(p|div|li|d[dtl]|t[dhr]|ul|ol|table|row|cell|blockquote|body|hr|lg?|lb|chapter|item|list)\b[^>]*>/\n/gi;
    $s =~ s/<br[^>]*>/ /gi;
    $s =~ s/<[^>]+>//g;
    $s =~ s/&#(\d+);/my $c = chr $1; utf8::encode($c); $c/ge;
    $s =~ s/&(\w+);/exists $entity{$1} ? $entity{$1} : ' '/ge;
    return join '', map { s/\s+/ /g; s/^ | $//g if !/^ =/;
                          /\S/ && !/^[ =]*$/ ? "$_\n" : () } split /\n/, $s;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or die "$path: $!\n";
    local $/;
    my $all = <$in>;
    close $in;
    return $all;
}

# Says what is missing, and how it comes, and ends.
sub need {
    my ($what, @packages) = @_;
    my @missing = grep { system("dpkg-query -W -f='\${Status}' $_ 2>/dev/null | " .
                                "grep -q 'ok installed'") != 0 } @packages;
    return if !@missing;
    print STDERR "the corpus $what is made from packages that are not installed: @missing; ",
        "apt-get install --no-install-recommends @missing\n";
    exit 3;
}

sub versions {
    my (@packages) = @_;
    return scalar `dpkg-query -W -f='\${Package} \${Version}\\n' @packages`;
}

# ---- prose ----

# A module of SWORD: 12 bytes an entry (offset, packed size, size), zlib blocks.
sub sword {
    my ($name, @files) = @_;
    my %out;
    for my $file (@files) {
        my ($index, $data) = (slurp("${file}s"), slurp("${file}z"));
        for (my $k = 0; $k < length $index; $k += 12) {
            my ($at, $size) = unpack 'V2', substr $index, $k, 8;
            my ($part) = $file =~ m{([^/]+)$};
            my $document = $size ? text(uncompress(substr $data, $at, $size)) : '';
            $out{"$name/$part/" . $k / 12} = $document if length $document;
        }
    }
    return %out;
}

sub prose {
    my $home = '/usr/share/sword/modules/comments/zcom';
    need('prose', qw(anarchism sword-comm-tdavid sword-comm-mhcc));
    my %document = (sword('tdavid', "$home/tdavid/ot.cz"),
                    sword('mhcc', "$home/mhcc/ot.bz", "$home/mhcc/nt.bz"));
    for my $path (glob '/usr/share/doc/anarchism/html/*.html') {
        my ($name) = $path =~ m{([^/]+)$};
        next if $name =~ /con\.html$|^links\.html$/; # lists of links
        $document{"anarchism/$name"} = text(slurp($path));
    }
    return (\%document, versions(qw(anarchism sword-comm-tdavid sword-comm-mhcc)));
}

# By hash: the test text until it has 5 % of the bytes, then validation until that has.
sub divide_prose {
    my ($document) = @_;
    my %part;
    my ($all, @had) = (0, 0, 0);
    $all += length $_ for values %$document;
    for my $name (sort { sha256($a) cmp sha256($b) || $a cmp $b } keys %$document) {
        my $to = $had[0] < $all / 20 ? 0 : $had[1] < $all / 20 ? 1 : 2;
        $had[$to] += length $document->{$name} if $to < 2;
        $part{$name} = ('test', 'valid', 'train')[$to];
    }
    return \%part;
}

# ---- code ----

# The newest kernel whose source is here: 6.1 in Debian 12, 6.12 in Debian 13.
sub kernel {
    my %found = map { m{/linux-source-(\d+)\.(\d+)\.tar\.xz$} ? ($_ => $1 * 1000 + $2) : () }
        glob '/usr/src/linux-source-*.tar.xz';
    my ($archive) = sort { $found{$b} <=> $found{$a} } keys %found;
    need('code', 'linux-source') if !$archive;
    die "linux-source is installed, but /usr/src has no linux-source-*.tar.xz\n" if !$archive;
    return $archive;
}

# Of what tar says the first line is enough: a full disk it tells of each file.
my $tar;
sub unpack_into {
    my ($work, $archive, @members) = @_;
    $tar = open my $said, '-|';
    die "tar cannot be started: $!\n" if !defined $tar;
    if (!$tar) {
        open STDERR, '>&', \*STDOUT;
        exec 'tar', '-C', $work, '-xJf', $archive, '--wildcards', @members or exit 127;
    }
    my $first = <$said>;
    1 while <$said>;
    close $said or die "$archive cannot be unpacked: ", $first || "no tar\n";
    undef $tar;
}

sub code {
    my ($work) = @_;
    need('code', 'xz-utils');
    my $archive = kernel();
    my ($name) = $archive =~ m{([^/]+)\.tar\.xz$};
    my @parts = qw(kernel mm lib block crypto security ipc init);
    my (%document, %seen);
    make_path($work);
    unpack_into($work, $archive, map { "$name/$_/*.c" } @parts);
    my $root = "$work/$name";
    my @found;
    find({no_chdir => 1, wanted => sub { push @found, $_ if /\.c$/ && -f } }, $root);
    for my $path (sort @found) {
        my $text = slurp($path);
        $document{substr $path, length($root) + 1} = $text if !$seen{sha256($text)}++;
    }
    remove_tree($work);
    return (\%document, versions($name));
}

# By the hash's first byte: 13 of 256 test, 13 validation.
sub divide_code {
    my ($document) = @_;
    my %part;
    for my $name (keys %$document) {
        my $byte = ord sha256($name);
        $part{$name} = $byte < 13 ? 'test' : $byte < 26 ? 'valid' : 'train';
    }
    return \%part;
}

# ---- writing ----

my ($what, $folder) = @ARGV;
my $aside = "$folder.making.$$";
my ($document, $made, $part);

# What others left that were killed goes. Where a home cannot be locked, none waits.
my ($home, $name) = (dirname($folder), basename($folder));
open my $lock, '<', $home or die "$home: $!\n";
if (flock $lock, LOCK_EX) {
    exit 0 if -e "$folder/test.txt";
    opendir my $all, $home or die "$home: $!\n";
    remove_tree(map { "$home/$_" } grep { /^\Q$name\E\.making\.\d+$/ } readdir $all);
}
$SIG{__DIE__} = sub { remove_tree($aside) };
my @ends = qw(HUP INT TERM); # Ctrl-C brings two: the terminal's, and that of posbench's end
sub stopped {
    @SIG{@ends} = ('IGNORE') x @ends;
    kill 'TERM', $tar if $tar;
    remove_tree($aside);
    exit 1;
}
@SIG{@ends} = (\&stopped) x @ends;
mkdir $aside or die "$aside: $!\n";
if ($what eq 'prose') {
    ($document, $made) = prose();
    $part = divide_prose($document);
} else {
    ($document, $made) = code("$aside/source");
    $part = divide_code($document);
}
my %count;
for my $name ('train', 'valid', 'test') {
    open my $out, '>:raw', "$aside/$name.txt" or die "$aside/$name.txt: $!\n";
    for my $one (grep { $part->{$_} eq $name } sort keys %$document) {
        print $out $document->{$one}, "\n" or die "$aside/$name.txt: $!\n";
        $count{$name}++;
    }
    close $out or die "$aside/$name.txt: $!\n";
}
open my $readme, '>', "$aside/README" or die "$aside/README: $!\n";
print $readme "Made by posbench corpus $what from\n$made",
    map { "$_: $count{$_} documents\n" } 'train', 'valid', 'test' or die "$aside/README: $!\n";
close $readme or die "$aside/README: $!\n";
if (!rename $aside, $folder) {
    my $why = $!;
    remove_tree($aside);
    die "$folder: $why\n" if !-e "$folder/test.txt";
}
