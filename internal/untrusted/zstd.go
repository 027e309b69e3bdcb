package untrusted

import "github.com/klauspost/compress/zstd"

// zstdLength returns how long data packed with zstd is at the most when unpacked, by
// the headers of its frames and blocks (RFC 8878, 3.1.1), and whether the frames
// say so themselves, which whoever unpacks them holds them to. It is not ok if
// they are not whole.
func zstdLength(data []byte) (most int64, said, ok bool) {
	const maxBlock = 128 << 10
	said = true
	for len(data) > 0 {
		var h zstd.Header
		if err := h.Decode(data); err != nil || h.HeaderSize > len(data) {
			return 0, false, false
		}
		data = data[h.HeaderSize:]
		if h.Skippable {
			if int64(h.SkippableSize) > int64(len(data)) {
				return 0, false, false
			}
			data = data[h.SkippableSize:]
			continue
		}
		blocks := int64(0) // bytes
		for last := false; !last; {
			if len(data) < 3 {
				return 0, false, false
			}
			b := int(data[0]) | int(data[1])<<8 | int(data[2])<<16
			kind, size := b>>1&3, b>>3
			last, data = b&1 != 0, data[3:]
			switch kind {
			case 0: // as it is
				blocks += int64(size)
			case 1: // a byte that is repeated
				blocks += int64(size)
				size = 1
			default:
				blocks += maxBlock
			}
			if size > len(data) {
				return 0, false, false
			}
			data = data[size:]
		}
		if h.HasCheckSum {
			if len(data) < 4 {
				return 0, false, false
			}
			data = data[4:]
		}
		switch {
		case !h.HasFCS:
			most, said = most+blocks, false
		case h.FrameContentSize > maxPage:
			return 0, false, false
		default:
			most += int64(h.FrameContentSize)
		}
	}
	return most, said, true
}
