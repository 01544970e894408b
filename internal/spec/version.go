package spec

// Version is what -V prints and User-Agent carries.
const Version = "0.1.0"
