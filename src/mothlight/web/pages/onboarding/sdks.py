"""What each SDK needs, with HOST and KEY where a project's own stand. To add one: a line in `SDKS`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sdk:
    """One SDK: what to install, and the code that sends a first exception."""

    name: str
    """In addresses."""
    title: str
    package: str
    install: str
    code: str
    note: str = ""

    def filled(self, host: str, key: str) -> str:
        """The code for one project."""
        return self.code.strip().replace("HOST", host).replace("KEY", key)

    def installed(self, host: str, key: str) -> str:
        """What to install, for one project."""
        return self.install.strip().replace("HOST", host).replace("KEY", key)


MAPS = "Minified? Upload source maps when you build, so that frames show your code."

SDKS = (
    Sdk(
        "python",
        "Python",
        "posthog",
        "pip install posthog",
        """
from posthog import Posthog

posthog = Posthog(
    "KEY",
    host="HOST",
    enable_exception_autocapture=True,
)

posthog.capture_exception(RuntimeError("hello from Mothlight"))
""",
    ),
    Sdk(
        "node",
        "Node",
        "posthog-node",
        "npm install posthog-node",
        """
import { PostHog } from "posthog-node";

const posthog = new PostHog("KEY", { host: "HOST", enableExceptionAutocapture: true });

posthog.captureException(new Error("hello from Mothlight"));
await posthog.shutdown(); // where the process ends
""",
    ),
    Sdk(
        "browser-script",
        "Browser, script tag",
        "posthog-js",
        "",
        """
<script src="HOST/static/array.js"></script>
<script>
  posthog.init("KEY", { api_host: "HOST" });
  posthog.captureException(new Error("hello from Mothlight"));
</script>
""",
        MAPS,
    ),
    Sdk(
        "browser",
        "Browser, npm",
        "posthog-js",
        "npm install posthog-js",
        """
import posthog from "posthog-js";

posthog.init("KEY", { api_host: "HOST" });

posthog.captureException(new Error("hello from Mothlight"));
""",
        MAPS,
    ),
    Sdk(
        "react",
        "React",
        "posthog-js",
        "npm install posthog-js",
        """
import { PostHogErrorBoundary, PostHogProvider } from "posthog-js/react";

createRoot(document.getElementById("root")).render(
  <PostHogProvider apiKey="KEY" options={{ api_host: "HOST" }}>
    <PostHogErrorBoundary fallback={<p>Something went wrong.</p>}>
      <App />
    </PostHogErrorBoundary>
  </PostHogProvider>,
);
""",
        MAPS,
    ),
    Sdk(
        "vue",
        "Vue",
        "posthog-js",
        "npm install posthog-js",
        """
import posthog from "posthog-js";
import { createApp } from "vue";

posthog.init("KEY", { api_host: "HOST" });

const app = createApp(App);
app.config.errorHandler = (error) => posthog.captureException(error);
app.mount("#app");
""",
        MAPS,
    ),
    Sdk(
        "nextjs",
        "Next.js",
        "posthog-js, posthog-node",
        "npm install posthog-js posthog-node",
        """
// instrumentation-client.js
import posthog from "posthog-js";

posthog.init("KEY", { api_host: "HOST" });

// instrumentation.js
export async function onRequestError(error) {
  if (process.env.NEXT_RUNTIME !== "nodejs") return;
  const { PostHog } = await import("posthog-node");
  const posthog = new PostHog("KEY", { host: "HOST" });
  posthog.captureException(error);
  await posthog.shutdown();
}
""",
        MAPS,
    ),
    Sdk(
        "react-native",
        "React Native",
        "posthog-react-native",
        "npm install posthog-react-native",
        """
import PostHog from "posthog-react-native";

export const posthog = new PostHog("KEY", {
  host: "HOST",
  errorTracking: { autocapture: { uncaughtExceptions: true, unhandledRejections: true } },
});

posthog.captureException(new Error("hello from Mothlight"));
""",
        MAPS,
    ),
    Sdk(
        "ios",
        "iOS",
        "posthog-ios",
        '.package(url: "https://github.com/PostHog/posthog-ios.git", from: "3.56.0")',
        """
import PostHog

let config = PostHogConfig(projectToken: "KEY", host: "HOST")
config.errorTrackingConfig.autoCapture = true
PostHogSDK.shared.setup(config)
""",
        "Crashes are sent at the next start of the app.",
    ),
    Sdk(
        "android",
        "Android",
        "posthog-android",
        'implementation("com.posthog:posthog-android:3.+")',
        """
val config = PostHogAndroidConfig(apiKey = "KEY", host = "HOST")
config.errorTrackingConfig.autoCapture = true
PostHogAndroid.setup(this, config)

PostHog.captureException(RuntimeException("hello from Mothlight"))
""",
    ),
    Sdk(
        "flutter",
        "Flutter",
        "posthog_flutter",
        "flutter pub add posthog_flutter",
        """
import 'package:posthog_flutter/posthog_flutter.dart';

final config = PostHogConfig('KEY');
config.host = 'HOST';
await Posthog().setup(config);

try {
  throw StateError('hello from Mothlight');
} catch (error, stackTrace) {
  await Posthog().captureException(error: error, stackTrace: stackTrace);
}
""",
    ),
    Sdk(
        "ruby",
        "Ruby",
        "posthog-ruby",
        "gem install posthog-ruby",
        """
require "posthog"

posthog = PostHog::Client.new(api_key: "KEY", host: "HOST")

begin
  raise "hello from Mothlight"
rescue => error
  posthog.capture_exception(error)
end
posthog.shutdown # where the process ends
""",
    ),
    Sdk(
        "go",
        "Go",
        "posthog-go",
        "go get github.com/posthog/posthog-go",
        """
client, err := posthog.NewWithConfig("KEY", posthog.Config{Endpoint: "HOST"})
if err != nil {
    log.Fatal(err)
}
defer client.Close()

client.Enqueue(posthog.NewDefaultException(time.Now(), "user-1", "Error", "hello from Mothlight"))
""",
    ),
    Sdk(
        "php",
        "PHP",
        "posthog-php",
        "composer require posthog/posthog-php",
        """
PostHog\\PostHog::init('KEY', ['host' => 'HOST']);

try {
    throw new RuntimeException('hello from Mothlight');
} catch (\\Throwable $error) {
    PostHog\\PostHog::captureException($error, 'user-1');
}
""",
    ),
    Sdk(
        "java",
        "Java",
        "posthog-server",
        'implementation("com.posthog:posthog-server:2.+")',
        """
PostHogConfig config = PostHogConfig.builder("KEY").host("HOST").build();
PostHogInterface posthog = PostHog.with(config);

posthog.captureException(new RuntimeException("hello from Mothlight"), "user-1");
posthog.flush();
""",
    ),
    Sdk(
        "dotnet",
        ".NET",
        "PostHog",
        "dotnet add package PostHog",
        """
using PostHog;

await using var posthog = new PostHogClient(new PostHogOptions
{
    ProjectToken = "KEY",
    HostUrl = new Uri("HOST"),
});

try
{
    throw new InvalidOperationException("hello from Mothlight");
}
catch (Exception error)
{
    posthog.CaptureException(error, "user-1");
}
""",
    ),
    Sdk(
        "elixir",
        "Elixir",
        "posthog",
        '{:posthog, "~> 2.5"}',
        """
# config/config.exs
config :posthog,
  enable: true,
  enable_error_tracking: true,
  api_host: "HOST",
  api_key: "KEY",
  in_app_otp_apps: [:my_app]
""",
        "Crashes of processes and errors that are logged are reported by themselves.",
    ),
    Sdk(
        "rust",
        "Rust",
        "posthog-rs",
        "cargo add posthog-rs",
        """
let posthog = posthog_rs::client(("KEY", "HOST")).await;

let error = std::io::Error::other("hello from Mothlight");
posthog.capture_exception(&error).await?;
posthog.shutdown().await;
""",
    ),
)
"""In the order in which they are offered."""
