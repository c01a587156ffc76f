// SPDX-License-Identifier: MIT
// Code that parimap's own warnings would reject: it compiles if they do not reach the application that links parimap.
int sloppy(double x, int unused) {
    int shadowed = (int)x;
    {
        unsigned shadowed = -1;
        return shadowed;
    }
}
