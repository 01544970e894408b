package main

// version is what -V prints and User-Agent carries.
const version = "0.1.0"
