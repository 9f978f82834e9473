package msign;

import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.DigestDocument;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.model.x509.CertificateToken;
import eu.europa.esig.dss.service.crl.OnlineCRLSource;
import eu.europa.esig.dss.service.ocsp.OnlineOCSPSource;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Judges files with DSS. Reads one job a line from standard input, fields divided by tabs:
 * file, then any number of detached contents, each "file:NAME:PATH" or "digest:NAME:ALGORITHM:BASE64".
 * Writes one line a job: file, TAB, then per signature "indication/subindication/format" divided by ";".
 * The first argument is a folder of trust anchors (DER or PEM, any depth); "--online" allows OCSP and CRL.
 */
public final class Judge {
    public static void main(String[] args) throws Exception {
        CommonTrustedCertificateSource anchors = new CommonTrustedCertificateSource();
        try (Stream<Path> paths = Files.walk(Path.of(args[0]))) {
            for (Path path : (Iterable<Path>) paths.filter(Files::isRegularFile)::iterator) {
                CertificateToken anchor = DSSUtils.loadCertificate(path.toFile());
                anchors.addCertificate(anchor);
            }
        }
        boolean online = List.of(args).contains("--online");
        BufferedReader jobs = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = jobs.readLine()) != null; ) {
            String[] fields = line.split("\t");
            System.out.println(fields[0] + "\t" + judge(fields, anchors, online));
        }
    }

    private static String judge(String[] fields, CommonTrustedCertificateSource anchors, boolean online) {
        try {
            CommonCertificateVerifier verifier = new CommonCertificateVerifier();
            verifier.setTrustedCertSources(anchors);
            if (online) {
                verifier.setOcspSource(new OnlineOCSPSource());
                verifier.setCrlSource(new OnlineCRLSource());
            }
            SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(new File(fields[0])));
            validator.setCertificateVerifier(verifier);
            List<DSSDocument> contents = new ArrayList<>();
            for (int index = 1; index < fields.length; index++) {
                contents.add(content(fields[index].split(":", 4)));
            }
            if (!contents.isEmpty()) {
                validator.setDetachedContents(contents);
            }
            Reports reports = validator.validateDocument();
            return words(reports.getSimpleReport());
        } catch (Exception | StackOverflowError error) {
            return "REFUSED/" + error.getClass().getSimpleName() + "/";
        }
    }

    private static DSSDocument content(String[] parts) {
        if (parts[0].equals("digest")) {
            DigestDocument digest = new DigestDocument(DigestAlgorithm.forName(parts[2]), parts[3]);
            digest.setName(parts[1]);
            return digest;
        }
        FileDocument file = new FileDocument(new File(parts[2]));
        file.setName(parts[1]);
        return file;
    }

    private static String words(SimpleReport report) {
        List<String> words = new ArrayList<>();
        for (String id : report.getSignatureIdList()) {
            Object sub = report.getSubIndication(id);
            words.add(report.getIndication(id) + "/" + (sub == null ? "" : sub) + "/" + report.getSignatureFormat(id));
        }
        return words.isEmpty() ? "NO_SIGNATURE_FOUND//" : String.join(";", words);
    }
}
