use crate::Draft;
use crate::repo::Repo;
use crate::wishes::Wishes;

const MAIN: &str = "@SpringBootApplication class App { public static void main(String[] a) {} }";

/// A Spring Boot program whose pom has this in its build and beside that, with more files.
fn drafted(plugins: &str, more: &str, files: &[(&str, &str)]) -> Draft {
    let pom = format!(
        "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.5.6</version><relativePath/></parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version>{more}<dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin>{plugins}</plugins></build></project>"
    );
    let own = [("pom.xml", pom.as_str()), ("src/main/java/App.java", MAIN)];
    let repo = Repo::from_list("a", own.into_iter().chain(files.iter().copied()));
    crate::draft(&repo, &Wishes { lang: Some("java".into()), ..Wishes::default() }).unwrap()
}

fn plugin(name: &str, goal: &str, configuration: &str) -> String {
    format!(
        "<plugin><artifactId>{name}</artifactId><executions><execution><phase>package</phase><goals><goal>{goal}</goal></goals><configuration>{configuration}</configuration></execution></executions></plugin>"
    )
}

#[test]
fn a_build_has_no_git_no_docker_and_no_home() {
    let reader = [("src/main/java/V.java", "class V { String a = \"git.properties\"; }")];
    let skip = "-Dmaven.gitcommitid.skip=true";
    for (plugin, files, has, lacks) in [
        (plugin("git-commit-id-maven-plugin", "revision", ""), &[][..], skip, "spotless"),
        (plugin("git-commit-id-maven-plugin", "revision", ""), &reader[..], "mvn", skip),
        (plugin("spotless-maven-plugin", "apply", ""), &[], "-Dspotless.apply.skip=true", skip),
        (plugin("spotless-maven-plugin", "check", ""), &[], "-Dspotless.check.skip=true", "spotless.apply"),
        (plugin("buildnumber-maven-plugin", "create", ""), &[], "-Dmaven.buildNumber.skip=true", skip),
        (plugin("spring-boot-maven-plugin", "build-image", ""), &[], "-Dspring-boot.build-image.skip=true", skip),
        (
            plugin(
                "maven-toolchains-plugin",
                "toolchain",
                "<toolchains><jdk><version>[17,)</version><vendor>any</vendor></jdk></toolchains>",
            ),
            &[],
            "<provides><version>17</version><vendor>any</vendor></provides>",
            "[17",
        ),
        (
            plugin("exec-maven-plugin", "exec", "<executable>npm</executable>"),
            &[],
            "COPY --from=node:${NODE_VERSION}",
            skip,
        ),
        (plugin("exec-maven-plugin", "exec", "<executable>/usr/bin/make</executable>"), &[], "make", "--from=node"),
    ] {
        let text = drafted(&plugin, "", files).documents[0].text.clone();
        assert!(text.contains(has) && !text.contains(lacks), "{plugin}\n{text}");
    }
}

#[test]
fn what_no_build_has_is_said() {
    let reader = [("src/main/java/V.java", "class V { String a = \"git.properties\"; }")];
    let fine = "<failOnNoGitDirectory>false</failOnNoGitDirectory>";
    for (plugin, files, said) in [
        (plugin("git-commit-id-maven-plugin", "revision", ""), &reader[..], "failOnNoGitDirectory"),
        (plugin("git-commit-id-maven-plugin", "revision", fine), &reader[..], ""),
        (plugin("testcontainers-jooq-codegen-maven-plugin", "generate", ""), &[], "has no Docker"),
        (plugin("flyway-maven-plugin", "migrate", ""), &[], "changes a database (`flyway-maven-plugin:migrate`)"),
        (plugin("flyway-maven-plugin", "info", ""), &[], ""),
        (plugin("exec-maven-plugin", "exec", "<executable>yarn</executable>"), &[], "starts `yarn`"),
    ] {
        let warnings = drafted(&plugin, "", files).plan.warnings.join(" ");
        assert!(if said.is_empty() { warnings.is_empty() } else { warnings.contains(said) }, "{plugin}: {warnings}");
    }
}

#[test]
fn a_profile_for_production_is_asked_for_with_its_settings() {
    let profile = |id: &str, more: &str| {
        format!(
            "<profile><id>{id}</id>{more}<properties><spring.profiles.active>{id}</spring.profiles.active></properties></profile>"
        )
    };
    let dev = profile("dev", "<activation><activeByDefault>true</activeByDefault></activation>");
    let settings = [
        ("src/main/resources/application.yml", "spring:\n  profiles:\n    active: '@spring.profiles.active@'\n"),
        ("src/main/resources/application-dev.yml", "server:\n  port: 8081\n"),
        ("src/main/resources/application-prod.yml", "server:\n  port: 8082\nmanagement:\n  server:\n    port: 9001\n"),
    ];
    let config = [(".mvn/maven.config", "-Pdev")];
    for (profiles, files, flag, ports) in [
        (format!("{dev}{}", profile("prod", "")), &settings[..], true, "EXPOSE 8082 9001\n"),
        (dev.clone(), &settings[..], false, "EXPOSE 8081\n"),
        (format!("{dev}{}", profile("prod", "")), &[settings[0], settings[1], config[0]][..], false, "EXPOSE 8081\n"),
    ] {
        let text = drafted("", &format!("<profiles>{profiles}</profiles>"), files).documents[0].text.clone();
        assert_eq!((text.contains("-P prod"), text.contains(ports)), (flag, true), "{text}");
    }
}

#[test]
fn secrets_are_those_that_somebody_reads() {
    let place = |url: &str| format!("<repositories><repository><id>x</id><url>{url}</url></repository></repositories>");
    let settings =
        [(".mvn/maven.config", "-s\nci.xml"), ("ci.xml", "<settings>${env.TOKEN}${env.bad-name}</settings>")];
    let github = "https://maven.pkg.github.com/o/r";
    for (url, files, secrets) in [
        ("https://repo.example.com/releases", &[][..], ""),
        ("https://nexus.example.com/public", &[], ""),
        (github, &[], "id=MAVEN_SETTINGS,target=/root/.m2/settings.xml"),
        (github, &settings[..], "id=TOKEN,env=TOKEN"),
    ] {
        let text = drafted("", &place(url), files).documents[0].text.clone();
        let found = text.lines().find_map(|line| line.trim().strip_prefix("--mount=type=secret,"));
        assert_eq!(found.unwrap_or_default().trim_end_matches(" \\"), secrets, "{url}\n{text}");
    }
}

#[test]
fn what_starts_it_elsewhere_gives_options_and_words() {
    for (file, text, has) in [
        (
            "Procfile",
            "web: java $OPTS -Dserver.port=$PORT -jar target/*.jar --debug",
            "\"-Dserver.port=8080\", \"-jar\"",
        ),
        ("Procfile", "web: java -jar target/*.jar --debug", "CMD [\"--debug\"]"),
        ("docker/Dockerfile", "FROM x\nENTRYPOINT [\"java\", \"-Dmode=a\", \"-jar\", \"/app.jar\"]\n", "\"-Dmode=a\""),
    ] {
        let draft = drafted("", "", &[(file, text)]);
        assert!(draft.documents[0].text.contains(has), "{text}\n{}", draft.documents[0].text);
    }
}

#[test]
fn addresses_and_servers_are_told() {
    let setting = |text| [("src/main/resources/application.properties", text)];
    for (files, has, said) in [
        (&setting("server.address=127.0.0.1")[..], "ENV LANG=C.UTF-8 SERVER_ADDRESS=0.0.0.0\n", ""),
        (&setting("server.address=${HOST:localhost}"), "SERVER_ADDRESS=0.0.0.0", ""),
        (&setting("server.address=0.0.0.0"), "ENV LANG=C.UTF-8\n", ""),
        (&setting("spring.datasource.url=jdbc:h2:./data/db"), "/app/data/.keep", ""),
        (&setting("spring.datasource.url=jdbc:h2:~/db"), "ENV LANG=C.UTF-8\n", "--data /app/data"),
        (
            &[
                ("docker/Dockerfile", "FROM a\nWORKDIR /srv\nCOPY conf/application.yml ./\n"),
                ("conf/application.yml", ""),
            ],
            "COPY --link conf/application.yml /app/application.yml",
            "",
        ),
    ] {
        let draft = drafted("", "", files);
        let (text, warnings) = (&draft.documents[0].text, draft.plan.warnings.join(" "));
        assert!(
            text.contains(has) && said.is_empty() == warnings.is_empty() && warnings.contains(said),
            "{warnings}\n{text}"
        );
    }
}

#[test]
fn a_port_that_only_the_code_knows_is_no_silence() {
    let drafted = |dependency: &str, port: &str| {
        let (group, artifact) = dependency.split_once(':').unwrap();
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>1</version></dependency></dependencies><build><finalName>a-${{date}}</finalName></build></project>"
        );
        let main = format!("class App {{ public static void main(String[] a) {{ app.start({port}); }} }}");
        let files = [("pom.xml", pom.as_str()), ("src/main/java/App.java", main.as_str())];
        crate::draft(&Repo::from_list("a", files), &Wishes::default()).unwrap()
    };
    for (dependency, port, exposed, said) in [
        ("io.undertow:undertow-core", "config.port()", "", "`undertow-core` serves"),
        ("io.undertow:undertow-core", "7000", "EXPOSE 7000", ""),
        ("io.javalin:javalin", "config.port()", "EXPOSE 8080", ""),
        ("com.networknt:server", "", "EXPOSE 8443", ""),
    ] {
        let draft = drafted(dependency, port);
        let (text, warnings) = (&draft.documents[0].text, draft.plan.warnings.join(" "));
        assert!(text.contains(exposed) && text.contains("target/a-*.jar"), "{dependency}\n{text}");
        assert!(said.is_empty() == warnings.is_empty() && warnings.contains(said), "{dependency}: {warnings}");
        let is_guessed = draft.plan.unproven().iter().any(|one| one.topic == "port");
        assert_eq!(is_guessed, dependency == "io.javalin:javalin");
    }
}

#[test]
fn a_war_gets_the_container_of_its_servlets() {
    let drafted = |dependency: &str, version: &str, java: &str| {
        let (group, artifact) = dependency.split_once(':').unwrap();
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>war</packaging><properties><java.version>{java}</java.version></properties><dependencies><dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version><scope>provided</scope></dependency><dependency><groupId>x</groupId><artifactId>y</artifactId><version>1</version></dependency></dependencies><build><finalName>shop</finalName></build></project>"
        );
        crate::draft(&Repo::from_list("a", [("pom.xml", pom.as_str())]), &Wishes::default())
    };
    for (dependency, version, java, base) in [
        ("javax.servlet:javax.servlet-api", "4.0.1", "8", "FROM tomcat:9.0.121-jre8-temurin-noble"),
        ("jakarta.servlet:jakarta.servlet-api", "6.0.0", "21", "FROM tomcat:10.1.59-jre21-temurin-noble"),
        ("jakarta.servlet:jakarta.servlet-api", "6.1.0", "21", "FROM tomcat:11.0.25-jre21-temurin-noble"),
        ("x:z", "1", "17", "FROM tomcat:10.1.59-jre17-temurin-noble"),
    ] {
        let text = drafted(dependency, version, java).unwrap().documents[0].text.clone();
        assert!(text.contains(base) && text.contains("jar xf /src/target/shop.war"), "{dependency}\n{text}");
        assert!(text.contains("ENTRYPOINT [\"catalina.sh\", \"run\"]") && text.contains("EXPOSE 8080"), "{text}");
        assert!(!text.contains("jlink") && !text.contains("JAVA_VERSION"), "{text}");
    }
}

#[test]
fn maven_is_the_wrappers_where_there_is_an_image() {
    for (named, java, taken) in
        [("3.9.11", "25", "3.9.11"), ("3.9.9", "25", "3.9.16"), ("3.9.9", "17", "3.9.9"), ("3.6.3", "17", "3.9.16")]
    {
        let url = format!(
            "distributionUrl=https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven/{named}/apache-maven-{named}-bin.zip"
        );
        let draft = drafted(
            "",
            &format!("<properties><java.version>{java}</java.version></properties>"),
            &[(".mvn/wrapper/maven-wrapper.properties", &url)],
        );
        let text = &draft.documents[0].text;
        assert!(text.contains(&format!("ARG MAVEN_VERSION={taken}\n")), "{named} {java}\n{text}");
    }
}
