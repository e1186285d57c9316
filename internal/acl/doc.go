// Package acl decides what clients may do: who a client is, and which collections that user may
// read and write.
//
// # The users file
//
// A users file has one user a line: a name, a password's hash, and rights.
//
//	# name   hash                  rights
//	default  nopass                read:public:*
//	crawler  sha256:SALT:SUM       read:frontier:* write:frontier:*
//	ops      sha256:SALT:SUM       admin read:* write:*
//
// Parts are separated by blanks; a line that begins with # is a comment. "read:" and "write:" are
// followed by the name of a collection, or by a prefix of names and a star, which may stand at the
// end only. "admin" allows the commands about the server and about other clients. A user without
// rights may log in and do nothing with data.
//
// The user default may have nopass in place of a hash: a client is that user until it
// authenticates. Without that line every client must authenticate first.
//
// # The hash
//
// A password is kept as SHA-256 of a random salt and the password. Such a hash is fast, and
// is meant to be: a client makes a connection whenever it likes and authenticates on each, as
// strangers do. A slow hash (argon2, bcrypt) would let strangers burn the server's CPU time at
// 50 ms a guess. What a slow hash is good for is a password that people have chosen, in a users
// file that was stolen. Therefore [Draw] draws passwords of 160 random bits, which nobody guesses,
// and [Hash] refuses passwords that are shorter than MinPassword bytes.
//
// A [Users] and a [User] never change, and are safe for concurrent use.
package acl
