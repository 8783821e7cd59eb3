/// A certificate for localhost that nobody vouches for, valid for a hundred years. It guards nothing.
enum SelfSigned {
    static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBnDCCAUGgAwIBAgIUTl2iMgBvv9RfYtL7OBaSwrRDssAwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNTE4MDE0OFoYDzIxMjYxMTAx
        MTgwMTQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAARD8cALa/6Q+Lfey2O/Vt7e+LVzWEmjdnZyyAFgE0wWiXY7uCztGm6o
        xgUvD326+Y71kk9d7xdN8QCJ5vqzxyMKo28wbTAdBgNVHQ4EFgQU0/mCQpAxz21+
        uAfAgFglRvykpAcwHwYDVR0jBBgwFoAU0/mCQpAxz21+uAfAgFglRvykpAcwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDSQAwRgIhALyckTNUDLo1SwQPOSEqZPe0InrMPbZKELvqy2cPZAr6AiEA
        jZHG5XKCA9ik4nZJJWP7JZeOEwB0wvVMOCZzi2wctc0=
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgqaV/oGWsUgGHE7zq
        5fCpAqd4MtIUHUr1DNE866RWBvihRANCAARD8cALa/6Q+Lfey2O/Vt7e+LVzWEmj
        dnZyyAFgE0wWiXY7uCztGm6oxgUvD326+Y71kk9d7xdN8QCJ5vqzxyMK
        -----END PRIVATE KEY-----
        """
}
