// Writes the databases of vectors/eotsd as eotsd writes them, with the library that eotsd uses: see the README there. Run only to make them anew.
package main

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

var (
	keyA   = bytes.Repeat([]byte{0xa1}, 32)
	keyB   = bytes.Repeat([]byte{0xb2}, 32)
	keyC   = bytes.Repeat([]byte{0xc3}, 32)
	record = []byte("signRecord")
	names  = []byte("fpKeyNames")
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func unhex(text string) []byte {
	bytes, err := hex.DecodeString(text)
	must(err)
	return bytes
}

func be64(value uint64) []byte {
	var out [8]byte
	binary.BigEndian.PutUint64(out[:], value)
	return out[:]
}

// chain-id, key, height: the key of a record.
func keyOf(chain string, pk []byte, height uint64) []byte {
	return bytes.Join([][]byte{[]byte(chain), pk, be64(height)}, nil)
}

func field(number int, value []byte) []byte {
	var size [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(size[:], uint64(len(value)))
	return bytes.Join([][]byte{{byte(number<<3 | 2)}, size[:n], value}, nil)
}

// SigningRecord{msg 1, eots_sig 2, timestamp 3}
func valueOf(msg, sig []byte, timestamp uint64) []byte {
	var at [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(at[:], timestamp)
	return bytes.Join([][]byte{field(1, msg), field(2, sig), {3 << 3}, at[:n]}, nil)
}

// The vote of a height: its app hash and its signature are made up, by a rule that the tests know.
func vote(height uint64, salt byte) []byte {
	msg := append(be64(height), bytes.Repeat([]byte{byte(height % 251)}, 32)...)
	sig := append(bytes.Repeat([]byte{salt}, 24), be64(height*7)...)
	return valueOf(msg, sig, 1700000000000+height)
}

func open(path string, pageSize int, noFreelistSync bool) *bolt.DB {
	must(os.RemoveAll(path))
	db, err := bolt.Open(path, 0600, &bolt.Options{PageSize: pageSize, NoFreelistSync: noFreelistSync, FreelistType: bolt.FreelistMapType})
	must(err)
	return db
}

func update(db *bolt.DB, change func(records, names *bolt.Bucket)) {
	must(db.Update(func(tx *bolt.Tx) error {
		r, err := tx.CreateBucketIfNotExists(record)
		must(err)
		n, err := tx.CreateBucketIfNotExists(names)
		must(err)
		change(r, n)
		return nil
	}))
}

// Many commits of one vote, as a provider makes them, catch-up batches, a rollback (deletions), and more votes in the freed pages.
func history(path string) {
	db := open(path, 4096, true)
	defer db.Close()
	update(db, func(_, n *bolt.Bucket) {
		must(n.Put(keyA, []byte("alice")))
		must(n.Put(keyB, []byte("bob \xf0\x9f\xa6\x89")))
	})
	for h := uint64(2000001); h <= 2000300; h++ {
		update(db, func(r, _ *bolt.Bucket) { must(r.Put(keyOf("bbn-1", keyA, h), vote(h, 0x11))) })
	}
	for batch := uint64(0); batch < 20; batch++ {
		update(db, func(r, _ *bolt.Bucket) {
			for h := 2000301 + 100*batch; h < 2000401+100*batch; h++ {
				must(r.Put(keyOf("bbn-1", keyA, h), vote(h, 0x11)))
			}
		})
	}
	update(db, func(r, _ *bolt.Bucket) {
		for h := uint64(500); h < 1100; h++ {
			must(r.Put(keyOf("bbn-test-5", keyA, h), vote(h, 0x22)))
		}
		for h := uint64(2000001); h < 2000201; h++ {
			must(r.Put(keyOf("bbn-1", keyB, h), vote(h, 0x33)))
		}
	})
	update(db, func(r, _ *bolt.Bucket) {
		for h := uint64(800); h < 1100; h++ {
			must(r.Delete(keyOf("bbn-test-5", keyA, h)))
		}
	})
	for h := uint64(2002301); h <= 2002350; h++ {
		update(db, func(r, _ *bolt.Bucket) { must(r.Put(keyOf("bbn-1", keyA, h), vote(h, 0x11))) })
	}
	// A value that needs overflow pages: nothing in eotsd limits a message.
	update(db, func(r, _ *bolt.Bucket) {
		must(r.Put(keyOf("overflow", keyB, 7), valueOf(append(be64(7), bytes.Repeat([]byte{0x5a}, 20000)...), make([]byte, 32), 1)))
	})
}

// What an honest eotsd never writes, and one record that it did write.
func odd(path string) {
	db := open(path, 16384, false)
	defer db.Close()
	update(db, func(r, n *bolt.Bucket) {
		msg := append(be64(5), make([]byte, 32)...)
		sig := append(bytes.Repeat([]byte{0x44}, 24), be64(5)...)
		must(r.Put(
			unhex("62626e2d31dd25f870e7f2f27fb1a9772eff67e1c55d8d8a6b07f58629b24be6010b897fd000000000001e8483"),
			unhex("0a2800000000001e84839934d1f6a07d6b93e73ab14dd436e82be238ba14a8000bd7e769d7946ca367cb1220e336eb5d9a64294c3ee1c3f4ede06fdb1a896f183e3689952c75aa17bebb96a11880d0eab6b733")))
		must(r.Put(keyOf("other-height", keyC, 6), valueOf(msg, sig, 1)))
		must(r.Put(keyOf("s-of-n", keyC, 5), valueOf(msg, unhex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"), 1)))
		must(r.Put(keyOf("short-s", keyC, 5), valueOf(msg, sig[:31], 1)))
		must(r.Put(keyOf("no-s", keyC, 5), field(1, msg)))
		must(r.Put(keyOf("context", keyC, 5), valueOf(append(bytes.Repeat([]byte{'a'}, 64), msg...), sig, 1)))
		must(r.Put(keyOf("text", keyC, 5), valueOf([]byte("no vote"), sig, 1)))
		must(r.Put(keyOf("garbage", keyC, 5), []byte{0xff, 0xff, 0xff}))
		must(r.Put(keyOf("empty", keyC, 5), []byte{}))
		must(r.Put(keyOf("", keyC, 5), valueOf(msg, sig, 1)))
		must(r.Put([]byte("short key"), valueOf(msg, sig, 1)))
		must(r.Put(keyOf("unknown-field", keyC, 5), append(valueOf(msg, sig, 1), field(9, []byte("later"))...)))
		must(n.Put(keyC, []byte("carol")))
	})
}

// As eotsd leaves it after its start: empty buckets, which lie within their parent's page.
func fresh(path string) {
	db := open(path, 4096, true)
	defer db.Close()
	update(db, func(_, n *bolt.Bucket) { must(n.Put(keyA, []byte("alice"))) })
}

func main() {
	folder := os.Args[1]
	must(os.MkdirAll(folder, 0755))
	history(filepath.Join(folder, "history.db"))
	odd(filepath.Join(folder, "odd.db"))
	fresh(filepath.Join(folder, "fresh.db"))
	fmt.Println("done")
}
