// grpc-java's interop service on a port that the kernel chose. Its own TestServiceServer serves the same, and
// doesn't say on which port.
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.testing.integration.TestServiceImpl;
import java.util.concurrent.Executors;

public final class InteropServer {
  public static void main(String[] args) throws Exception {
    TestServiceImpl service = new TestServiceImpl(Executors.newScheduledThreadPool(1));
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(ServerInterceptors.intercept(service, TestServiceImpl.interceptors()))
            .build()
            .start();
    System.err.println("listening on port " + server.getPort());
    server.awaitTermination();
  }
}
