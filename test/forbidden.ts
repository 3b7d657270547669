// Spellings of addresses where no event of an ordinary user's goes, as the host of a URN: each is an address of this
// machine, of a private network, of the metadata of a cloud or of many hosts, to whoever reads it generously.

/** All of these are this machine, and what is connected to when a URN has one: the URL standard reads each as 127.0.0.1. */
export const LOOPBACK: readonly string[] = [
  "127.0.0.1",
  "127.1",
  "127.0.1",
  "127.0.0.1.",
  // Whole numbers, hex, octal, and mixed.
  "2130706433",
  "2130706433.",
  "0x7f000001",
  "0x7F.1",
  "0x7f.0.1",
  "0x7f.0x0.0x0.0x1",
  "017700000001",
  "0177.1",
  "0177.0.0.1",
  "0000177.0.0.1",
  "0177.0x0.0.1",
  "127.0.0.01",
  "127.0.0.0x1",
  // Digits and dots of other scripts, and characters that nobody sees.
  "１２７.0.0.1",
  "𝟏𝟐𝟕.0.0.1",
  "①②⑦.0.0.1",
  "０ｘ7f.1",
  "127。0。0。1",
  "127．0．0．1",
  "127｡0｡0｡1",
  "12\u00AD7.0.0.1",
  "127\u200B.0.0.1",
  // Percent-encoded.
  "%31%32%37.0.0.1",
  "127%2e0.0.1",
  // A user that looks like a host.
  "8.8.8.8@127.0.0.1",
  "8.8.8.8:80@127.0.0.1",
  "8.8.8.8%2523@127.1",
];

/** Other addresses, by literals that every reader takes for one. */
export const LITERALS: readonly string[] = [
  ...["127.255.255.254", "0", "0x0", "00", "0.0.0.0", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]"],
  ...["[::0.0.0.1]", "[::0.0.0.0]"],
  // IPv4 within IPv6: mapped, compatible, NAT64, 6to4, Teredo.
  ...["[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0.0.0.0]", "[::127.0.0.1]"],
  ...["[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:0001::1]"],
  ...["[2001:0:1::80ff:fffe]", "[::ffff:10.0.0.1]", "[64:ff9b::192.168.0.1]", "[2002:c0a8:1::1]"],
  // The metadata of clouds, and whoever shares the wire.
  ...["169.254.169.254", "2852039166", "0xa9fea9fe", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376", "169.254.43518"],
  ...["169.16689662", "169.254.169.254.", "１６９.254.169.254", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]"],
  ...["[::a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[fe80::1]", "[febf::1]", "168.63.129.16"],
  ...["100.100.100.200", "192.0.0.192", "[fd00:ec2::254]", "[fd20:ce::254]"],
  // Private and unique local.
  ...["10.0.0.1", "012.0.0.1", "167772161", "192.168.0.1", "0xc0.168.1", "172.16.1", "172.31.255.255", "100.64.0.1"],
  ...["198.18.0.1", "[fd00::1]", "[fc00::]", "[fec0::1]"],
  // Many at once.
  ...["224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "0xffffffff", "[ff02::1]", "[ff05::2]"],
];

/** What no reader should take for a host at all: zones, and what is encoded twice or breaks off. */
export const MALFORMED: readonly string[] = [
  ...["[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]", "[::ffff:127.0.0.1%251]", "%5B::1%5D", "8.8.8.8%40127.0.0.1"],
  ...["127.0.0.1%00", "127.0.0.1%20", "0xffffffff7f000001", "127.0.0.256", "[::127.1]"],
];

/** Names of this machine, and of a cloud's metadata where there is one. */
export const NAMES: readonly string[] = [
  ...["localhost", "LOCALHOST", "localhost.", "loc%61lhost", "localhost%2e", "ｌｏｃａｌｈｏｓｔ", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ"],
  ...["a.localhost", "metadata", "metadata.google.internal", "instance-data"],
];

export const SPELLINGS: readonly string[] = [...LOOPBACK, ...LITERALS, ...MALFORMED, ...NAMES];
