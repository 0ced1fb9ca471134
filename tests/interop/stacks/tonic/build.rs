// The contract is the one that the C++ programs use.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = std::env::var("INTEROP_PROTO")?;
    println!("cargo:rerun-if-env-changed=INTEROP_PROTO");
    tonic_build::configure()
        .compile_protos(&[format!("{root}/grpc/testing/test.proto")], &[root])?;
    Ok(())
}
