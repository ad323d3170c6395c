//! Blocks of addresses, and which of them lie on the public network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    first: IpAddr,
    bits: u8,
}

impl Block {
    /// A block, or one address. None where bits are set that do not count, which says that another block was meant, or
    /// for an IPv4 address in the clothes of an IPv6 one.
    pub(super) fn new(first: IpAddr, bits: Option<u8>) -> Option<Self> {
        let most = if first.is_ipv4() { 32 } else { 128 };
        let block = Self { first, bits: bits.unwrap_or(most) };
        let is_first = block.bits <= most && number(first) & !mask(block.bits, most) == 0;
        (is_first && first == first.to_canonical()).then_some(block)
    }

    pub(super) fn contains(&self, address: IpAddr) -> bool {
        let most = if self.first.is_ipv4() { 32 } else { 128 };
        let is_same = (number(self.first) ^ number(address)) & mask(self.bits, most) == 0;
        is_same && self.first.is_ipv4() == address.is_ipv4()
    }
}

/// The address as a number of 32 or 128 bits.
fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The first `bits` of `most`.
fn mask(bits: u8, most: u8) -> u128 {
    let all = u128::MAX >> (128 - most);
    all & !all.checked_shr(bits.into()).unwrap_or(0)
}

/// What is not on the public network: this machine, private networks, links, documentation, several receivers at once.
///
/// From the registries of special-purpose addresses that IANA keeps.
const SPECIAL_4: [([u8; 4], u8); 14] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16), // where clouds tell a machine its secrets
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// The same within 2000::/3; all of IPv6 beside that is special.
const SPECIAL_6: [([u16; 2], u8); 4] = [
    ([0x2001, 0], 23),
    ([0x2001, 0xdb8], 32),
    ([0x2002, 0], 16), // carries an IPv4 address
    ([0x3fff, 0], 20),
];

/// True for an address of the public network.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let is_in =
                |(first, bits): &([u8; 4], u8)| Block { first: Ipv4Addr::from(*first).into(), bits: *bits };
            !SPECIAL_4.iter().any(|block| is_in(block).contains(address.into()))
        }
        IpAddr::V6(address) => match address.segments() {
            // An IPv4 address, as a translator for networks without IPv4 has it.
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                is_public(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)).into())
            }
            _ => {
                let block = |[one, two]: [u16; 2], bits| Block {
                    first: Ipv6Addr::new(one, two, 0, 0, 0, 0, 0, 0).into(),
                    bits,
                };
                let is_special =
                    |(first, bits): &([u16; 2], u8)| block(*first, *bits).contains(address.into());
                block([0x2000, 0], 3).contains(address.into()) && !SPECIAL_6.iter().any(is_special)
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, is_public};

    #[test]
    fn a_block_has_what_begins_with_its_bits() {
        let has = |first: &str, bits, address: &str| {
            Block::new(first.parse().unwrap(), bits).unwrap().contains(address.parse().unwrap())
        };
        assert!(has("0.0.0.0", Some(0), "255.255.255.255") && !has("0.0.0.0", Some(0), "::"));
        assert!(has("10.0.0.0", Some(31), "10.0.0.1") && !has("10.0.0.0", Some(31), "10.0.0.2"));
        assert!(has("1.2.3.4", None, "1.2.3.4") && !has("1.2.3.4", None, "1.2.3.5"));
        assert!(has("::", Some(0), "ffff::") && has("::1", None, "::1") && !has("::1", None, "::2"));
    }

    #[test]
    fn a_block_is_told_by_its_first_address() {
        for (first, bits) in [("10.0.0.1", 8), ("10.0.0.0", 33), ("fd00::1", 8), ("::", 129)] {
            assert_eq!(Block::new(first.parse().unwrap(), Some(bits)), None, "{first}/{bits}");
        }
    }

    #[test]
    fn public_is_what_is_not_special() {
        for public in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.0.1",
            "172.32.0.1",
            "198.20.0.1",
            "223.255.255.255",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for public in
            ["2001:4860:4860::8888", "2606:4700::1111", "2a00::1", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"]
        {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
        for special in
            ["0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"]
        {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for special in ["192.0.2.1", "198.19.0.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255"]
        {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for special in
            ["::", "::1", "::ffff:127.0.0.1", "64:ff9b::10.0.0.1", "fc00::1", "fe80::1", "ff02::1", "2001::1"]
        {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
        for special in ["2001:db8::1", "2002:7f00:1::", "3fff::1", "4000::1", "::127.0.0.1"] {
            assert!(!is_public(special.parse().unwrap()), "{special}");
        }
    }
}
